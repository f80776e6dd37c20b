//! Witnesses: what asks the platform, and everything below it.
//!
//! A claim of the platform is never its own proof: what the API says is held
//! against etcd, DNS, the Docker Engines and what a user sees. A probe asks,
//! records what it saw and hands it on; it does not judge. That it could not ask
//! is a [`ProbeError`], which `?` makes an error of the environment.

mod agent;
mod api;
mod cli;
mod conformance;
mod container;
mod dns;
mod docker;
mod docker_disk;
mod docker_project;
mod docker_recording;
mod docker_run;
mod docker_transport;
mod error;
mod etcd;
mod etcd_entry;
mod evidence;
mod exchange;
mod fault;
mod github;
mod hang_up;
mod history;
mod host_channel;
mod host_fault;
mod host_order;
mod http;
mod load_client;
mod logs;
mod metrics;
mod plain;
mod probes;
mod prometheus;
mod published;
mod readiness;
mod recording;
mod revision_clock;
mod secrets;
mod setup;
mod signed;
mod stalled;
mod tls;

pub use agent::AgentProbe;
pub use api::ApiProbe;
pub use cli::{CliProbe, CliRun};
pub use container::{Container, ContainerMount};
pub use dns::{ARecord, DnsAnswer, DnsProbe, SrvRecord};
pub use docker::{DockerProbe, DockerVersion, ListedContainer};
pub use docker_disk::DiskUsage;
pub use docker_project::{PROJECT_LABEL, SERVICE_LABEL};
pub use docker_recording::{DockerEvent, DockerRecording};
pub use docker_run::PlainContainer;
pub use error::{Cause, ProbeError, Question};
pub use etcd::{EtcdLease, EtcdProbe, EtcdStatus, Stored};
pub use etcd_entry::EtcdEntry;
pub use exchange::{Answer, Exchange};
pub use fault::{ActiveFault, FaultProbe};
pub use github::GithubProbe;
pub use host_channel::HostChannel;
pub use host_fault::HostFault;
pub use host_order::HostOrder;
#[cfg(any(test, feature = "properties"))]
pub(crate) use host_order::carried_out;
pub use http::HttpRequest;
pub use load_client::LoadClient;
pub use metrics::{MetricsProbe, Scrape};
pub use plain::PlainProbe;
pub use probes::Probes;
pub use prometheus::Sample;
pub use published::PublishedProbe;
pub use readiness::{Part, Readiness};
pub use recording::{Change, ChangeKind, Recording};
pub use revision_clock::RevisionClock;
pub use secrets::Secrets;
pub use signed::{SignedProbe, Signing};
pub use stalled::{Stall, StalledClient};
pub use tls::{HelloReply, HelloVersion, TlsAttempt, TlsOffer, TlsOutcome, TlsProbe, TlsVersion};

use conformance::Conformance;
use logs::LogProbe;
