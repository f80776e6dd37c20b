//! A container, as its engine describes it.

use std::collections::BTreeMap;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, RestartPolicyNameEnum};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::events::parse_timestamp;

/// A container, as its engine describes it.
#[derive(Clone, Debug)]
pub struct Container {
    /// Everything that the engine said.
    pub raw: ContainerInspectResponse,
    created: Option<String>,
}

/// A mount, as a workload's `volumes` ask for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerMount {
    /// On the node.
    pub source: String,
    /// In the container.
    pub destination: String,
    pub writable: bool,
}

impl From<ContainerInspectResponse> for Container {
    fn from(raw: ContainerInspectResponse) -> Self {
        let created = serde_json::to_value(&raw).ok();
        let created = created.and_then(|value| Some(value.get("Created")?.as_str()?.to_owned()));
        Self { raw, created }
    }
}

impl Container {
    pub fn id(&self) -> &str {
        self.raw.id.as_deref().unwrap_or_default()
    }

    /// Without Docker's leading slash.
    pub fn name(&self) -> &str {
        self.raw.name.as_deref().unwrap_or_default().trim_start_matches('/')
    }

    /// Docker's word: `created`, `running`, `paused`, `exited`, ….
    pub fn status(&self) -> String {
        let status = self.raw.state.as_ref().and_then(|state| state.status);
        status.unwrap_or(ContainerStateStatusEnum::EMPTY).to_string()
    }

    pub fn is_running(&self) -> bool {
        self.status() == "running"
    }

    /// Meaningful once it has ended.
    pub fn exit_code(&self) -> Option<i64> {
        self.raw.state.as_ref()?.exit_code
    }

    /// The main process as the node sees it; 0 when there is none.
    pub fn pid(&self) -> i64 {
        self.raw.state.as_ref().and_then(|state| state.pid).unwrap_or_default()
    }

    /// How often the engine itself has restarted it.
    pub fn restart_count(&self) -> i64 {
        self.raw.restart_count.unwrap_or_default()
    }

    /// By the node's clock.
    pub fn created_at(&self) -> Option<OffsetDateTime> {
        parse_timestamp(self.created.as_deref()?)
    }

    /// When it was started last, by the node's clock. It changes when it is restarted.
    pub fn started_at(&self) -> Option<OffsetDateTime> {
        moment(self.raw.state.as_ref()?.started_at.as_deref()?)
    }

    /// When it ended last, by the node's clock.
    pub fn finished_at(&self) -> Option<OffsetDateTime> {
        moment(self.raw.state.as_ref()?.finished_at.as_deref()?)
    }

    /// The reference that it was made from.
    pub fn image(&self) -> &str {
        self.raw.config.as_ref().and_then(|config| config.image.as_deref()).unwrap_or_default()
    }

    /// The arguments, whether the image's own or the workload's `command`.
    pub fn command(&self) -> Vec<String> {
        self.raw.config.as_ref().and_then(|config| config.cmd.clone()).unwrap_or_default()
    }

    /// The environment, the image's own (such as `PATH`) included.
    pub fn env(&self) -> BTreeMap<String, String> {
        let lines = self.raw.config.as_ref().and_then(|config| config.env.clone());
        let pair = |line: String| {
            line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        lines.unwrap_or_default().into_iter().filter_map(pair).collect()
    }

    pub fn labels(&self) -> BTreeMap<String, String> {
        let labels = self.raw.config.as_ref().and_then(|config| config.labels.clone());
        labels.unwrap_or_default().into_iter().collect()
    }

    /// The published ports as a workload writes them, such as `8080:80` or
    /// `53:53/udp`, sorted. One that is bound on IPv4 and IPv6 counts once.
    pub fn ports(&self) -> Vec<String> {
        let bindings =
            self.raw.host_config.as_ref().and_then(|config| config.port_bindings.clone());
        let mut ports: Vec<String> = bindings
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(inside, bindings)| {
                let inside = inside.trim_end_matches("/tcp").to_owned();
                let outside = bindings.unwrap_or_default().into_iter();
                outside.map(move |binding| {
                    format!("{}:{inside}", binding.host_port.unwrap_or_default())
                })
            })
            .collect();
        ports.sort();
        ports.dedup();
        ports
    }

    /// The mounts, sorted. Anonymous volumes of the image are among them.
    pub fn mounts(&self) -> Vec<ContainerMount> {
        let mounts = self.raw.mounts.clone().unwrap_or_default().into_iter();
        let mut mounts: Vec<_> = mounts
            .map(|mount| ContainerMount {
                source: mount.source.unwrap_or_default(),
                destination: mount.destination.unwrap_or_default(),
                writable: mount.rw.unwrap_or_default(),
            })
            .collect();
        mounts.sort();
        mounts
    }

    /// The networks that it is joined to, sorted.
    pub fn networks(&self) -> Vec<String> {
        let settings = self.raw.network_settings.as_ref();
        let networks = settings.and_then(|settings| settings.networks.as_ref());
        let mut names: Vec<_> = networks.into_iter().flat_map(|all| all.keys().cloned()).collect();
        names.sort();
        names
    }

    /// `no`, `always`, `on-failure` or `unless-stopped`.
    pub fn restart_policy(&self) -> String {
        let config = self.raw.host_config.as_ref();
        let name = config.and_then(|config| config.restart_policy.as_ref()?.name);
        match name {
            None | Some(RestartPolicyNameEnum::EMPTY) => "no".to_owned(),
            Some(name) => name.to_string(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let state = self.raw.state.as_ref();
        json!({
            "id": self.id(),
            "name": self.name(),
            "status": self.status(),
            "exitCode": self.exit_code(),
            "pid": self.pid(),
            "restartCount": self.restart_count(),
            "created": self.created,
            "startedAt": state.and_then(|state| state.started_at.clone()),
            "finishedAt": state.and_then(|state| state.finished_at.clone()),
            "error": state.and_then(|state| state.error.clone()),
            "image": self.image(),
            "command": self.command(),
            "env": self.env(),
            "labels": self.labels(),
            "ports": self.ports(),
            "mounts": self.mounts().iter().map(|m| format!("{m:?}")).collect::<Vec<_>>(),
            "networks": self.networks(),
            "restartPolicy": self.restart_policy(),
        })
    }
}

/// Docker's word for never is the beginning of the year 1.
fn moment(text: &str) -> Option<OffsetDateTime> {
    parse_timestamp(text).filter(|at| at.year() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inspection_is_read_in_the_words_of_a_workload() {
        let raw = json!({
            "Id": "abc", "Name": "/w-1", "Created": "2026-01-01T00:00:00.5Z", "RestartCount": 2,
            "State": { "Status": "running", "Pid": 7, "ExitCode": 0,
                       "StartedAt": "2026-01-01T00:00:01.123456789Z",
                       "FinishedAt": "0001-01-01T00:00:00Z" },
            "Config": { "Image": "web:1", "Cmd": ["httpd", "-f"], "Env": ["A=1=2", "PATH=/bin"],
                        "Labels": { "workloadId": "w-1" } },
            "HostConfig": {
                "PortBindings": { "80/tcp": [{ "HostIp": "", "HostPort": "8080" },
                                             { "HostIp": "::", "HostPort": "8080" }],
                                  "53/udp": [{ "HostPort": "5353" }] },
                "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 0 } },
            "Mounts": [{ "Type": "bind", "Source": "/srv", "Destination": "/data", "RW": false }],
            "NetworkSettings": { "Networks": { "bridge": {} } },
        });
        let raw: ContainerInspectResponse = serde_json::from_value(raw).unwrap();
        let container = Container::from(raw);
        assert_eq!((container.name(), container.image()), ("w-1", "web:1"));
        assert!(container.is_running());
        assert_eq!(container.ports(), ["5353:53/udp", "8080:80"]);
        assert_eq!(container.env()["A"], "1=2");
        assert_eq!(container.restart_policy(), "on-failure");
        assert_eq!(container.networks(), ["bridge"]);
        assert_eq!(
            container.mounts(),
            [ContainerMount {
                source: "/srv".into(),
                destination: "/data".into(),
                writable: false
            }]
        );
        assert_eq!(container.created_at().unwrap().unix_timestamp(), 1_767_225_600);
        assert_eq!(container.started_at().unwrap().nanosecond(), 123_456_789);
        assert_eq!(container.finished_at(), None);
        assert_eq!(container.restart_count(), 2);
    }
}
