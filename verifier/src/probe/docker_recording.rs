//! What happened to an agent's containers, so that states which pass are seen too.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use bollard::{models::EventMessage, query_parameters::EventsOptions};
use futures::StreamExt;
use persys_contract::WORKLOAD_LABEL;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::sync::watch;

use super::{
    DockerProbe, ProbeError,
    docker::cause,
    evidence::Evidence,
    history::{History, HistoryWriter},
};
use crate::events::{parse_timestamp, timestamp};

/// Between two attempts to listen again.
const RETRY: Duration = Duration::from_millis(200);

/// One thing that happened to a container.
#[derive(Clone, Debug)]
pub struct DockerEvent {
    /// `create`, `start`, `die`, `kill`, `stop`, `pause`, `unpause`, `restart`, `destroy`, ….
    pub action: String,
    pub container: String,
    pub name: String,
    /// By the container's label.
    pub workload: Option<String>,
    /// With `die`: the exit code.
    pub exit_code: Option<i64>,
    /// The container's labels among others.
    pub attributes: BTreeMap<String, String>,
    /// By the node's clock.
    pub at: OffsetDateTime,
    /// When it arrived here.
    pub seen: Instant,
    /// The same by this machine's clock.
    pub seen_at: OffsetDateTime,
}

/// Records an engine's container events in the background until its last clone
/// is dropped; made by [`DockerProbe::record`]. What is asked of it is recorded
/// as evidence; the background is silent.
#[derive(Clone)]
pub struct DockerRecording {
    machine: String,
    history: History<DockerEvent>,
    evidence: Evidence,
}

impl DockerRecording {
    /// `since` is the engine's time from which on everything counts.
    pub(super) fn start(docker: DockerProbe, since: &str) -> Result<Self, ProbeError> {
        let machine = docker.machine().to_owned();
        let since = parse_timestamp(since).ok_or_else(|| {
            ProbeError::setup(format!(
                "read the clock of the Docker Engine of {machine}: {since:?}"
            ))
        })?;
        let evidence = docker.evidence().clone();
        let history = History::start(Vec::new(), |writer| listen(docker, since, writer));
        Ok(Self { machine, history, evidence })
    }

    /// Changes with everything that is recorded: for
    /// [`Wait::wake_on_watch`](crate::context::Wait::wake_on_watch).
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.history.changed()
    }

    /// Everything that happened to any container, in the engine's order.
    pub fn events(&self) -> Vec<DockerEvent> {
        self.history.read(<[DockerEvent]>::to_vec)
    }

    /// What happened to the containers of a workload, in the engine's order.
    pub fn of_workload(&self, id: &str) -> Vec<DockerEvent> {
        let events: Vec<_> = self.history.read(|all| {
            all.iter().filter(|event| event.workload.as_deref() == Some(id)).cloned().collect()
        });
        let shown: Vec<_> = events
            .iter()
            .map(|event| {
                json!({
                    "action": event.action,
                    "container": event.container,
                    "exitCode": event.exit_code,
                    "at": timestamp(event.at),
                    "seenAt": timestamp(event.seen_at),
                })
            })
            .collect();
        let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
        let summary = format!("{}: events of workload {id}: {}", self.machine, actions.join(", "));
        let data = json!({ "machine": self.machine, "workload": id, "events": shown });
        self.evidence.saw("docker", summary, data, Value::Null);
        events
    }

    /// The same as words: `["create", "start", "die"]`.
    pub fn actions(&self, id: &str) -> Vec<String> {
        self.of_workload(id).into_iter().map(|event| event.action).collect()
    }

    /// The first event of this action on a workload's container.
    pub fn first(&self, id: &str, action: &str) -> Option<DockerEvent> {
        self.of_workload(id).into_iter().find(|event| event.action == action)
    }

    /// Times at which the engine was not listened to. What happened then was asked
    /// for afterwards; a new engine process may have forgotten it.
    pub fn interruptions(&self) -> Vec<String> {
        self.history.interruptions()
    }
}

async fn listen(docker: DockerProbe, since: OffsetDateTime, writer: HistoryWriter<DockerEvent>) {
    // The engine repeats what happened at the very instant that is asked for.
    let mut next = since.unix_timestamp_nanos();
    loop {
        let options = EventsOptions {
            since: Some(unix_time(next)),
            until: None,
            filters: Some(HashMap::from([("type".to_owned(), vec!["container".to_owned()])])),
        };
        let mut stream = Box::pin(docker.docker().events(Some(options)));
        loop {
            match stream.next().await {
                Some(Ok(message)) => {
                    if let Some(event) = read(message) {
                        next = next.max(event.at.unix_timestamp_nanos() + 1);
                        writer.push(event);
                    }
                }
                Some(Err(error)) => {
                    writer.interrupted(cause(&error, RETRY).to_string());
                    break;
                }
                None => {
                    writer.interrupted("the engine ended the stream");
                    break;
                }
            }
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// `1767225600.000000001`
fn unix_time(nanos: i128) -> String {
    let second = 1_000_000_000;
    format!("{}.{:09}", nanos.div_euclid(second), nanos.rem_euclid(second))
}

fn read(message: EventMessage) -> Option<DockerEvent> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(message.time_nano?.into()).ok()?;
    let actor = message.actor?;
    let attributes: BTreeMap<_, _> = actor.attributes.unwrap_or_default().into_iter().collect();
    Some(DockerEvent {
        action: message.action?,
        container: actor.id?,
        name: attributes.get("name").cloned().unwrap_or_default(),
        workload: attributes.get(WORKLOAD_LABEL).cloned(),
        exit_code: attributes.get("exitCode").and_then(|code| code.parse().ok()),
        attributes,
        at,
        seen: Instant::now(),
        seen_at: OffsetDateTime::now_utc(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read() {
        let message = json!({
            "Type": "container", "Action": "die", "time": 1767225600,
            "timeNano": 1767225600000000005_i64,
            "Actor": { "ID": "abc",
                       "Attributes": { "name": "w-1", "workloadId": "w-1", "exitCode": "137" } },
        });
        let event = read(serde_json::from_value(message).unwrap()).unwrap();
        assert_eq!((event.action.as_str(), event.exit_code), ("die", Some(137)));
        assert_eq!(event.workload.as_deref(), Some("w-1"));
        assert_eq!(unix_time(event.at.unix_timestamp_nanos()), "1767225600.000000005");
    }
}
