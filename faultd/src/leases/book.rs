//! The record of all leases: those in effect and the last that ended.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::mpsc;

use super::{StateFile, StateFileError, tenure::Order};
use crate::protocol::{Lease, LeaseId, LeaseList};

/// How many ended leases are remembered.
const REMEMBERED: usize = 100;

/// A lease that has not ended, and the way to its keeper.
pub(super) struct Entry {
    pub(super) lease: Lease,
    pub(super) orders: mpsc::Sender<Order>,
}

/// Whatever may be in effect is on disk as well.
pub(super) struct Book {
    pub(super) current: BTreeMap<LeaseId, Entry>,
    ended: VecDeque<Lease>,
    file: StateFile,
    pub(super) closing: bool,
}

impl Book {
    pub(super) fn new(file: StateFile) -> Self {
        Self { current: BTreeMap::new(), ended: VecDeque::new(), file, closing: false }
    }

    /// Notes a lease before its fault takes effect.
    pub(super) fn open(&mut self, entry: Entry) -> Result<(), StateFileError> {
        let id = entry.lease.id;
        self.current.insert(id, entry);
        self.save().inspect_err(|_| {
            self.current.remove(&id);
        })
    }

    /// Takes over a lease that is on disk already.
    pub(super) fn adopt(&mut self, entry: Entry) {
        self.current.insert(entry.lease.id, entry);
    }

    /// Changes a lease in effect and tells how it is then.
    pub(super) fn change(&mut self, id: LeaseId, change: impl FnOnce(&mut Lease)) -> Option<Lease> {
        let entry = self.current.get_mut(&id)?;
        change(&mut entry.lease);
        Some(entry.lease.clone())
    }

    /// Moves a lease to those that ended.
    pub(super) fn close(&mut self, id: LeaseId) -> Result<(), StateFileError> {
        if let Some(entry) = self.current.remove(&id) {
            self.ended.push_front(entry.lease);
            self.ended.truncate(REMEMBERED);
        }
        self.save()
    }

    pub(super) fn find(&self, id: LeaseId) -> Option<&Lease> {
        let current = self.current.get(&id).map(|entry| &entry.lease);
        current.or_else(|| self.find_ended(id))
    }

    pub(super) fn find_ended(&self, id: LeaseId) -> Option<&Lease> {
        self.ended.iter().find(|lease| lease.id == id)
    }

    pub(super) fn list(&self) -> LeaseList {
        LeaseList {
            active: self.current.values().map(|entry| entry.lease.clone()).collect(),
            ended: self.ended.iter().cloned().collect(),
        }
    }

    /// Notes on disk what was changed.
    pub(super) fn save(&self) -> Result<(), StateFileError> {
        self.file.write(self.current.values().map(|entry| &entry.lease))
    }
}
