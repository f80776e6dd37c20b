//! What has to be undone at the end of a scenario, whatever happened in it.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;

use super::StepResult;

pub(crate) struct CleanUp {
    pub what: String,
    pub run: BoxFuture<'static, StepResult>,
}

/// The clean-ups of one scenario. They outlive a step that is cut off.
#[derive(Clone, Default)]
pub(crate) struct CleanUps {
    stack: Arc<Mutex<Vec<CleanUp>>>,
}

impl CleanUps {
    pub fn push(&self, what: String, run: impl Future<Output = StepResult> + Send + 'static) {
        let mut stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        stack.push(CleanUp { what, run: Box::pin(run) });
    }

    /// The one registered last.
    pub fn pop(&self) -> Option<CleanUp> {
        self.stack.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub fn len(&self) -> usize {
        self.stack.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
