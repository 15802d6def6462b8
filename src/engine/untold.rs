//! Metrics of steps that are done, from a step to whoever asks.

use std::collections::VecDeque;

/// Rows of metrics that nobody has yet, as an engine has them that runs steps one by one.
pub(crate) struct Untold<T> {
    /// Of the steps since the last request, oldest first.
    pub fresh: Vec<T>,
    /// Asked for, one entry a request.
    requested: VecDeque<Vec<T>>,
}

impl<T> Default for Untold<T> {
    fn default() -> Self {
        Self { fresh: vec![], requested: VecDeque::new() }
    }
}

impl<T> Untold<T> {
    /// [`Engine::request_metrics`](crate::Engine::request_metrics)
    pub fn request(&mut self) -> bool {
        let rows = std::mem::take(&mut self.fresh);
        let any = !rows.is_empty();
        self.requested.extend(any.then_some(rows));
        any
    }

    /// The rows of the oldest request; none without one.
    pub fn take(&mut self) -> Vec<T> {
        self.requested.pop_front().unwrap_or_default()
    }
}
