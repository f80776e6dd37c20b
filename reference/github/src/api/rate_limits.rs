//! How many requests a caller has left.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use time::OffsetDateTime;

/// Requests an hour without a token, counted by address.
const ANONYMOUS: u32 = 60;
const WINDOW_SECONDS: i64 = 3600;
/// Callers that are counted before those are forgotten whose hour is over.
const REMEMBERED: usize = 4096;

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    User(u64),
    Address(String),
}

/// A caller's count after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub limit: u32,
    pub used: u32,
    /// Unix seconds at which the count starts anew.
    pub reset: i64,
    /// Whether this request was still within the limit.
    pub allowed: bool,
}

impl Standing {
    pub fn remaining(&self) -> u32 {
        self.limit - self.used
    }
}

/// Counts requests by caller and hour.
pub struct RateLimits {
    per_user: u32,
    windows: Mutex<HashMap<Counted, (i64, u32)>>,
}

impl RateLimits {
    pub fn new(per_user: u32) -> Self {
        Self { per_user, windows: Mutex::default() }
    }

    /// Counts a request; one that is not allowed does not count.
    pub fn count(&self, whose: Counted, now: OffsetDateTime) -> Standing {
        let now = now.unix_timestamp();
        let limit = match whose {
            Counted::User(_) => self.per_user,
            Counted::Address(_) => ANONYMOUS,
        };
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.retain(|_, (reset, _)| now < *reset);
        }
        let (reset, used) = windows.entry(whose).or_insert((now + WINDOW_SECONDS, 0));
        if now >= *reset {
            (*reset, *used) = (now + WINDOW_SECONDS, 0);
        }
        let allowed = *used < limit;
        *used += u32::from(allowed);
        Standing { limit, used: *used, reset: *reset, allowed }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn a_caller_s_requests_are_counted_for_an_hour() {
        let limits = RateLimits::new(2);
        let start = OffsetDateTime::from_unix_timestamp(1_000).unwrap();
        let count = |id, now| limits.count(Counted::User(id), now);
        assert_eq!(count(1, start), Standing { limit: 2, used: 1, reset: 4_600, allowed: true });
        assert!(count(1, start).allowed);
        let last = count(1, start + Duration::seconds(3_599));
        assert_eq!((last.allowed, last.remaining()), (false, 0));
        assert!(count(2, start).allowed);
        assert_eq!(count(1, start + Duration::HOUR).remaining(), 1);
    }

    #[test]
    fn without_a_token_there_are_sixty() {
        let limits = RateLimits::new(2);
        let now = OffsetDateTime::from_unix_timestamp(1_000).unwrap();
        let count = || limits.count(Counted::Address("10.0.0.1".to_owned()), now);
        assert!((0..60).all(|_| count().allowed));
        assert!(!count().allowed);
    }
}
