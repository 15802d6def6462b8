//! How a family of methods is declared.

/// Declares each method's module and registers it. A method cannot exist unregistered, nor be registered twice.
macro_rules! methods {
    ($($module:ident :: $ty:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// Cards of this family.
        pub const CARDS: &[&crate::spec::Card] = &[$(&$module::CARD),+];

        /// Entry points of this family, in the order of [`CARDS`].
        #[cfg(feature = "engine")]
        pub const ENTRIES: &[&dyn crate::train::Entry] = &[$(&crate::train::Of::<$module::$ty>::NEW),+];
    };
}
pub(crate) use methods;
