//! Reads what `systemctl show` prints about units.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;

use crate::protocol::{Component, ComponentState};

/// What is asked of systemd.
pub(super) const PROPERTIES: &str = "--property=Id,LoadState,ActiveState,SubState,Type,MainPID,\
    ExecMainCode,ExecMainStatus,Result,NRestarts,StateChangeTimestamp,ControlGroup,TriggeredBy,\
    Restart,RestartPreventExitStatus";

/// One unit's properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unit {
    properties: BTreeMap<String, String>,
}

impl Unit {
    /// Reads blocks of `Key=value` lines, parted by empty lines.
    pub(super) fn parse_all(text: &str) -> Vec<Self> {
        text.split("\n\n")
            .map(|block| {
                let lines = block.lines().filter_map(|line| line.split_once('='));
                let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
                Self { properties: lines.map(own).collect() }
            })
            .filter(|unit| !unit.properties.is_empty())
            .collect()
    }

    fn get(&self, key: &str) -> &str {
        self.properties.get(key).map_or("", String::as_str)
    }

    pub(super) fn name(&self) -> &str {
        let id = self.get("Id");
        id.strip_suffix(".service").unwrap_or(id)
    }

    pub(super) fn is_loaded(&self) -> bool {
        self.get("LoadState") == "loaded"
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.get("MainPID").parse().ok().filter(|pid| *pid != 0)
    }

    /// The unit's folder below the cgroup file system.
    pub(super) fn control_group(&self) -> Option<&str> {
        Some(self.get("ControlGroup")).filter(|group| group.len() > 1)
    }

    /// Whether systemd leaves it down when it is killed, by what its unit says itself.
    pub(super) fn stays_killed(&self) -> bool {
        let mut prevent = self.get("RestartPreventExitStatus").split_whitespace();
        self.get("Restart") == "no" || prevent.any(|end| matches!(end, "KILL" | "SIGKILL"))
    }

    /// The sockets and timers that would start it again behind a test's back.
    pub(super) fn triggers(&self) -> impl Iterator<Item = &str> {
        self.get("TriggeredBy").split_whitespace()
    }

    /// `held` tells whether the main process is stopped by a signal.
    pub(super) fn component(&self, held: bool) -> Component {
        Component {
            name: self.name().to_owned(),
            state: self.state(held),
            pid: self.pid(),
            since: self.since(),
            exit: self.exit(),
            restarts: self.get("NRestarts").parse().unwrap_or_default(),
            log_file: PathBuf::new(),
        }
    }

    fn state(&self, held: bool) -> ComponentState {
        match (self.get("ActiveState"), self.get("SubState")) {
            ("active" | "reloading" | "deactivating", _) if held => ComponentState::Paused,
            ("active" | "reloading", _) if self.get("Type").starts_with("notify") => {
                ComponentState::Ready
            }
            ("active" | "reloading" | "deactivating", _) => ComponentState::Running,
            ("activating", "auto-restart" | "auto-restart-queued") => ComponentState::Backoff,
            ("activating", _) if held => ComponentState::Paused,
            ("activating", _) => ComponentState::Starting,
            ("failed", _) => ComponentState::Exited,
            _ => ComponentState::Stopped,
        }
    }

    /// As `--timestamp=unix` prints it: `@1700000000`.
    fn since(&self) -> Timestamp {
        let seconds = self.get("StateChangeTimestamp").strip_prefix('@');
        seconds
            .and_then(|text| text.parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The codes are those of `waitid`: 1 exited, 2 killed, 3 killed with a core.
    fn exit(&self) -> Option<String> {
        let status = self.get("ExecMainStatus");
        match self.get("ExecMainCode") {
            "1" => Some(format!("code {status}")),
            "2" | "3" => Some(format!("signal {status}")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "Type=notify\nMainPID=812\nNRestarts=1\nExecMainCode=0\nExecMainStatus=0\n\
        Result=success\nControlGroup=/system.slice/etcd.service\nId=etcd.service\n\
        LoadState=loaded\nActiveState=active\nSubState=running\n\
        StateChangeTimestamp=@1700000000\nTriggeredBy=\n\
        \n\
        Type=simple\nMainPID=0\nNRestarts=0\nExecMainCode=2\nExecMainStatus=9\nResult=signal\n\
        ControlGroup=\nId=docker.service\nLoadState=loaded\nActiveState=failed\n\
        SubState=failed\nStateChangeTimestamp=@1700000001\nTriggeredBy=docker.socket\n\
        \n\
        Id=github.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n";

    #[test]
    fn units_become_components() {
        let units = Unit::parse_all(SHOWN);
        assert_eq!(units.len(), 3);
        let etcd = units[0].component(false);
        assert_eq!((etcd.name.as_str(), etcd.state), ("etcd", ComponentState::Ready));
        assert_eq!((etcd.pid, etcd.restarts, etcd.exit), (Some(812), 1, None));
        assert_eq!(etcd.since.as_second(), 1_700_000_000);
        assert_eq!(units[0].control_group(), Some("/system.slice/etcd.service"));
        assert_eq!(units[0].component(true).state, ComponentState::Paused);
        let docker = units[1].component(false);
        assert_eq!((docker.state, docker.pid), (ComponentState::Exited, None));
        assert_eq!(docker.exit.as_deref(), Some("signal 9"));
        assert_eq!(units[1].triggers().collect::<Vec<_>>(), ["docker.socket"]);
        assert!(!units[2].is_loaded());
    }

    #[test]
    fn some_units_stay_down_once_they_are_killed() {
        for (text, stays) in [
            ("Restart=always", false),
            ("Restart=always\nRestartPreventExitStatus=1 9 TERM", false),
            ("Restart=always\nRestartPreventExitStatus=255 KILL", true),
            ("Restart=no", true),
        ] {
            assert_eq!(Unit::parse_all(text)[0].stays_killed(), stays, "{text}");
        }
    }

    #[test]
    fn states_are_told_apart() {
        for (active, sub, state) in [
            ("activating", "start", ComponentState::Starting),
            ("activating", "auto-restart", ComponentState::Backoff),
            ("active", "running", ComponentState::Running),
            ("inactive", "dead", ComponentState::Stopped),
        ] {
            let text = format!("Id=x.service\nActiveState={active}\nSubState={sub}\n");
            assert_eq!(Unit::parse_all(&text)[0].component(false).state, state, "{active} {sub}");
        }
    }
}
