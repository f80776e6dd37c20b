//! Which deliveries were taken.

use persys_reference_base::defect;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// GitHub makes a delivery again for three days at most; a platform takes fewer
/// than this in that time.
const CAPACITY: usize = 1 << 16;

/// Remembers the ids of the last deliveries. Only rightly signed ones are
/// remembered, so no stranger can crowd them out.
pub struct Deliveries {
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    ids: HashSet<Arc<str>>,
    by_age: VecDeque<Arc<str>>,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { capacity: CAPACITY, seen: Mutex::default() }
    }
}

impl Deliveries {
    /// Whether this one is new. Of two that come at once exactly one is.
    pub fn remember(&self, id: &str) -> bool {
        defect!("webhook-taken-twice" => return true);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.ids.contains(id) {
            return false;
        }
        if seen.by_age.len() >= self.capacity
            && let Some(oldest) = seen.by_age.pop_front()
        {
            seen.ids.remove(&oldest);
        }
        let id: Arc<str> = id.into();
        seen.ids.insert(id.clone());
        seen.by_age.push_back(id);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_new_once() {
        let deliveries = Deliveries::default();
        assert!(deliveries.remember("a"));
        assert!(deliveries.remember("b"));
        assert!(!deliveries.remember("a"));
    }

    #[test]
    fn the_oldest_is_forgotten_when_there_are_too_many() {
        let deliveries = Deliveries { capacity: 2, ..Deliveries::default() };
        assert!(["a", "b", "c"].into_iter().all(|id| deliveries.remember(id)));
        assert!(!deliveries.remember("b") && !deliveries.remember("c"));
        assert!(deliveries.remember("a"));
        let seen = deliveries.seen.lock().unwrap();
        assert_eq!((seen.ids.len(), seen.by_age.len()), (2, 2));
    }

    #[test]
    fn of_many_at_once_exactly_one_is_new() {
        let deliveries = Arc::new(Deliveries::default());
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let deliveries = deliveries.clone();
                std::thread::spawn(move || deliveries.remember("a"))
            })
            .collect();
        let new = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(new.filter(|&new| new).count(), 1);
    }
}
