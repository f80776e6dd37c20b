//! The last deliveries.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Delivery, DeliverySummary};

/// Older deliveries are forgotten.
const KEPT: usize = 500;

/// Kept in memory alone: the log of a process ends with it.
#[derive(Default)]
pub struct DeliveryLog {
    deliveries: Mutex<VecDeque<Delivery>>,
}

impl DeliveryLog {
    pub fn add(&self, delivery: Delivery) {
        let mut deliveries = self.lock();
        if deliveries.len() == KEPT {
            deliveries.pop_front();
        }
        deliveries.push_back(delivery);
    }

    pub fn find(&self, id: u64) -> Option<Delivery> {
        self.lock().iter().find(|delivery| delivery.summary.id == id).cloned()
    }

    /// The last one first.
    pub fn list(&self) -> Vec<DeliverySummary> {
        self.lock().iter().rev().map(|delivery| delivery.summary.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Delivery>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
