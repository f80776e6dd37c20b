//! One scheduler, its health and its idle connections.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::connection::Connection;
use crate::discovery::Endpoint;

/// Idle connections that are kept per scheduler.
const IDLE_MAX: usize = 16;
/// How long a connection may have been idle to be used again; much less than
/// any server keeps one, so that both do not close and use it at once.
const IDLE_TIME: Duration = Duration::from_secs(5);

/// What is known of a scheduler; the smaller, the sooner it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Healthy,
    /// Not asked yet.
    Unknown,
    /// It answers, but its store is away.
    WithoutStore,
    /// It did not answer when last asked.
    Down,
}

/// One scheduler that discovery found.
pub struct Scheduler {
    endpoint: Endpoint,
    health: Mutex<Health>,
    idle: Mutex<Vec<Connection>>,
    /// Rung to have the scheduler probed at once.
    pub(super) doubt: Notify,
}

impl Scheduler {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            health: Mutex::new(Health::Unknown),
            idle: Mutex::new(Vec::new()),
            doubt: Notify::new(),
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub fn health(&self) -> Health {
        *lock(&self.health)
    }

    /// Gives the health before.
    pub(super) fn set_health(&self, health: Health) -> Health {
        if health == Health::Down {
            // They lead to a process that is gone, or does not answer.
            lock(&self.idle).clear();
        }
        std::mem::replace(&mut *lock(&self.health), health)
    }

    pub(super) fn keep(&self, connection: Connection) {
        let mut idle = lock(&self.idle);
        if idle.len() < IDLE_MAX && self.health() != Health::Down {
            idle.push(connection);
        }
    }

    /// The idle connection that was used last, if one is still good.
    pub(super) fn take_idle(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        idle.retain(|connection| {
            connection.is_ready() && connection.idle_since().elapsed() < IDLE_TIME
        });
        idle.pop()
    }
}

/// What the locks guard is never left half-changed, so a panic elsewhere does no harm.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
