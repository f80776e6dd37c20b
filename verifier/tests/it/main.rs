//! The verifier's integration tests, in one binary.

mod audit;
mod bisect;
mod host_channel;
mod imports;
mod probe_agent;
mod probe_api;
mod probe_docker;
mod probe_etcd;
mod probe_fault;
mod probe_net;
mod probe_plain;
mod program;
