//! What a handle has without signals.

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;

use leptos::prelude::*;

/// A value that lives as long as the page, behind a handle that is copied. Of one type for all values: what stores them is compiled
/// once.
pub struct Held<T> {
    at: StoredValue<&'static dyn Any, LocalStorage>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Held<T> {}

impl<T: 'static> Held<T> {
    pub fn new(value: T) -> Self {
        Self { at: StoredValue::new_local(Box::leak(Box::new(value))), of: PhantomData }
    }

    pub fn get(self) -> &'static T {
        self.at.get_value().downcast_ref().unwrap_or_else(|| unreachable!("it was made of a T"))
    }
}

/// A part of such a value that changes. Nobody is called from within [`Changing::with`].
#[derive(Default)]
pub struct Changing<T>(RefCell<T>);

impl<T> Changing<T> {
    pub fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.0.borrow_mut())
    }

    pub fn set(&self, value: T) {
        // What was there is dropped when the borrow is over: it may call somebody.
        drop(self.0.replace(value));
    }

    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.0.take()
    }

    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.0.borrow().clone()
    }
}
