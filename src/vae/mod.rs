//! Variational autoencoders. One file a method, one line in the registry below.

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

methods! {
    vae::Vae,
}
