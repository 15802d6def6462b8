//! How a family of methods is declared.

#[cfg(feature = "networks")]
use latent_nn::Method;

/// What somebody makes of a method's type, without this crate knowing what it is.
#[cfg(feature = "networks")]
pub trait Make {
    /// What is made of each.
    type Made: ?Sized + 'static;

    /// It, for one method.
    fn of<M: Method>() -> &'static Self::Made;
}

/// Declares each method's module and registers it. A method cannot exist unregistered, nor be registered twice.
macro_rules! methods {
    ($($module:ident :: $ty:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// Cards of this family.
        pub const CARDS: &[&latent_vocabulary::Card] = &[$(&$module::CARD),+];

        /// What `K` makes of each method of this family, in the order of [`CARDS`].
        #[cfg(feature = "networks")]
        pub fn each<K: $crate::registry::Make>() -> Vec<&'static K::Made> {
            vec![$(K::of::<$module::$ty>()),+]
        }
    };
}
pub(crate) use methods;
