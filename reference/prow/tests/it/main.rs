//! Drives the scheduler's program through its routes, on a real etcd with mutual
//! TLS and with agents that keep their containers in memory.

mod agent;
mod bench;
mod client;
mod defects;
mod etcd;
mod keys;
mod process;
mod wait;

mod discovery;
mod election;
mod hostile;
mod lifecycle;
mod nodes;
mod projects;
mod reconciliation;
mod refusals;
mod scheduling;
mod store_outage;
