//! What has to be undone at the end of a scenario, whatever happened in it.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;

use super::StepFn;
use crate::evidence::StepResult;

pub(crate) struct CleanUp {
    pub what: String,
    pub run: BoxFuture<'static, StepResult>,
}

/// Looks whether what the clean-ups took away is gone.
#[derive(Clone, Copy, Debug)]
pub struct LastLook {
    /// Takes note, before the first clean-up, of what cannot be told afterwards.
    pub before: StepFn,
    /// Waits for it, after the last.
    pub after: StepFn,
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
