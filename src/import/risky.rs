//! The file at hand, while a library reads it that may break on damage. In the browser a panic ends the program: its last words
//! are the file's name. Natively it is caught, and the other files are read on.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Says which file is read from here on; an empty name stands for none.
pub fn begin(name: &str) {
    AT.with_borrow_mut(|at| name.clone_into(at));
}

/// The file at hand.
#[cfg(any(target_arch = "wasm32", test))]
pub fn at() -> Option<String> {
    // It may have broken on the name itself.
    AT.with(|at| at.try_borrow().ok().map(|name| name.clone())).filter(|name| !name.is_empty())
}

/// What `read` gives; `None` where it panics, in so far as that can be caught. What it leaves half done is the caller's.
pub fn caught<T>(name: &str, read: impl FnOnce() -> T) -> Option<T> {
    begin(name);
    let read = catch_unwind(AssertUnwindSafe(read)).ok();
    begin("");
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_at_hand_is_known_until_it_is_read() {
        let read = |fine: bool| {
            caught("a.parquet", || {
                assert!(fine && at().as_deref() == Some("a.parquet"));
                7
            })
        };
        assert_eq!((read(true), at()), (Some(7), None));
        assert_eq!((read(false), at()), (None, None));
    }
}
