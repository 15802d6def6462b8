//! What a handle has without signals.

use std::any::Any;
use std::marker::PhantomData;
use std::rc::Rc;

use leptos::prelude::*;

/// A value that lives as long as the page, behind a handle that is copied. Of one type for all values: what stores them is compiled
/// once.
pub struct Held<T> {
    at: StoredValue<Rc<dyn Any>, LocalStorage>,
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
        Self { at: StoredValue::new_local(Rc::new(value)), of: PhantomData }
    }

    pub fn get(self) -> Rc<T> {
        self.at.get_value().downcast().unwrap_or_else(|_| unreachable!("it was made of a T"))
    }
}
