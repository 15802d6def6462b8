//! Code that is fetched when it is first needed. `cargo lab build` cuts it out of the page and of the engine, along what calls
//! what, into WebAssembly files of its own.

use std::future::Future;
use std::pin::Pin;

/// What a function of a part gives that takes its time.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What stands for a part that did not arrive. The next try fetches it anew.
pub const MISSING: &str = "a part of the program could not be fetched; is the connection lost?";

/// `part!(file: fn name() -> Type = value)` declares `async fn name() -> Result<Type, String>`: the value lies in the part
/// called `file`, together with all code that only parts of this name reach.
#[cfg(all(target_arch = "wasm32", not(feature = "whole")))]
#[macro_export]
macro_rules! part {
    ($part:ident: $(#[$doc:meta])* $vis:vis fn $name:ident() -> $ty:ty = $value:expr) => {
        $(#[$doc])*
        $vis async fn $name() -> Result<$ty, String> {
            #[wasm_split_helpers::wasm_split($part, fallible)]
            fn $name() -> Result<$ty, wasm_split_helpers::SplitLoaderError> {
                Ok($value)
            }
            $name().await.map_err(|_| $crate::part::MISSING.into())
        }
    };
}

/// The worker with eager Burn is fetched as a whole, and natively nothing is fetched.
#[cfg(not(all(target_arch = "wasm32", not(feature = "whole"))))]
#[macro_export]
macro_rules! part {
    ($part:ident: $(#[$doc:meta])* $vis:vis fn $name:ident() -> $ty:ty = $value:expr) => {
        $(#[$doc])*
        $vis async fn $name() -> Result<$ty, String> {
            Ok($value)
        }
    };
}
