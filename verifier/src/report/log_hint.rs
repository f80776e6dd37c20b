//! The log line that most likely tells why a step went wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};

use serde_json::Value;

use crate::events::LogSlice;

/// Lines of one kind, which differ only in what does not matter.
#[derive(Default)]
struct Kind {
    machines: BTreeSet<String>,
    /// Whether it comes from a machine that the failure is about.
    near: bool,
    /// Whether it was said while the step ran.
    fresh: bool,
    error: bool,
    count: usize,
    last: usize,
}

impl Kind {
    fn weight(&self) -> impl Ord + use<> {
        let Self { near, fresh, error, count, last, .. } = *self;
        (error && near, fresh, error, near, count, last)
    }
}

/// `prow-scheduler of prow1: signature does not match (12 times)`: first an error
/// on a machine that the failure is about, then what was said meanwhile, errors
/// before warnings, then what was said most often, then what was said last.
pub fn hint<'a>(
    logs: impl IntoIterator<Item = &'a LogSlice>,
    is_near: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut kinds: BTreeMap<(&str, String), Kind> = BTreeMap::new();
    for slice in logs {
        let near = is_near(&slice.machine);
        for (n, line) in slice.text.lines().enumerate() {
            let Some((error, text)) = complaint(line) else { continue };
            let kind = kinds.entry((&slice.component, text)).or_default();
            kind.machines.insert(slice.machine.clone());
            kind.near |= near;
            kind.fresh |= !slice.older;
            kind.error |= error;
            kind.count += 1;
            kind.last = n;
        }
    }
    let ((component, text), kind) = kinds.into_iter().max_by_key(|(_, kind)| kind.weight())?;
    let machines = kind.machines.into_iter().collect::<Vec<_>>().join(", ");
    let times = if kind.count > 1 { format!(" ({} times)", kind.count) } else { String::new() };
    Some(format!("{component} of {machines}: {text}{times}"))
}

/// Whether a line complains, how badly, and of what.
fn complaint(line: &str) -> Option<(bool, String)> {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(line) else {
        return plain_complaint(line);
    };
    let field = |name: &str| fields.get(name).and_then(Value::as_str);
    let level = field("level")?.to_ascii_lowercase();
    let error = ["error", "fatal", "panic", "dpanic"].contains(&level.as_str());
    if !error && !level.starts_with("warn") {
        return None;
    }
    let mut text = field("msg").or_else(|| field("message"))?.to_owned();
    if ["rejected connection", "refused a connection"].contains(&text.as_str())
        && ["error", "detail"].into_iter().filter_map(field).any(is_hang_up)
    {
        return None;
    }
    for more in ["reason", "error", "peer"] {
        if let Some(value) = field(more) {
            // A caller's port is another one each time.
            let host = value.parse().map(|peer: SocketAddr| peer.ip().to_string());
            text.push_str(&format!(", {more} {}", host.as_deref().unwrap_or(value)));
        }
    }
    Some((error, text))
}

/// Whether a caller went before its connection was made: one that only looked whether a port is
/// open, as etcd's is asked, or this program, when a step had no time left for its last request.
fn is_hang_up(detail: &str) -> bool {
    detail == "EOF" || detail.starts_with("Connection reset by peer")
}

/// dockerd and CoreDNS do not log JSON.
fn plain_complaint(line: &str) -> Option<(bool, String)> {
    let error = ["level=error", "level=fatal", "[ERROR]", "[FATAL]", "panicked at"];
    let warning = ["level=warning", "[WARNING]"];
    let bad = error.iter().any(|mark| line.contains(mark));
    if !bad && !warning.iter().any(|mark| line.contains(mark)) {
        return None;
    }
    // What stands before the message differs from line to line.
    let text = line.split_once("msg=").map_or(line, |(_, text)| text);
    Some((bad, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(component: &str, text: &str) -> LogSlice {
        let (machine, component, text) = ("m".into(), component.into(), text.into());
        LogSlice { machine, component, text, ..LogSlice::default() }
    }

    #[test]
    fn errors_come_before_warnings_and_repetition_counts() {
        let warn = r#"{"level":"warn","ts":1,"msg":"refused","reason":"bad_signature"}"#;
        let warnings =
            slice("prow", &format!("{warn}\n{}\n", warn.replace("\"ts\":1", "\"ts\":2")));
        let odd = slice("coredns", "[INFO] fine\n[ERROR] plugin/etcd: gone\nnot json\n");
        assert_eq!(
            hint([&warnings], |_| false).as_deref(),
            Some("prow of m: refused, reason bad_signature (2 times)")
        );
        assert_eq!(
            hint([&warnings, &odd], |_| false).as_deref(),
            Some("coredns of m: [ERROR] plugin/etcd: gone")
        );
        assert_eq!(hint([&slice("a", "{\"level\":\"info\",\"msg\":\"x\"}\n")], |_| true), None);
        let docker = slice("docker", "time=\"x\" level=warning msg=\"no swap\"\n");
        assert_eq!(hint([&docker], |_| true).as_deref(), Some("docker of m: \"no swap\""));
    }

    #[test]
    fn a_machine_that_the_failure_is_about_comes_first_unless_it_was_silent() {
        let on = |machine: &str, level: &str, msg: &str, older| LogSlice {
            machine: machine.into(),
            older,
            ..slice("agent", &format!("{{\"level\":\"{level}\",\"msg\":\"{msg}\"}}\n"))
        };
        let told = |logs: &[LogSlice]| hint(logs, |machine| machine == "agent2").unwrap();
        let far = on("etcd", "warn", "slow disk", false);
        let near = on("agent2", "warn", "refused", false);
        assert_eq!(told(&[far.clone(), near]), "agent of agent2: refused");
        let old = on("agent2", "warn", "no swap", true);
        assert_eq!(told(&[far.clone(), old]), "agent of etcd: slow disk");
        let dead = on("agent2", "error", "failed to start", true);
        assert_eq!(told(&[far, dead]), "agent of agent2: failed to start");
    }

    #[test]
    fn the_same_complaint_is_told_once_for_all_machines_and_ports() {
        let on = |machine: &str, port: u16| LogSlice {
            machine: machine.into(),
            ..slice(
                "prow-scheduler",
                &format!(r#"{{"level":"warn","msg":"refused","peer":"10.77.0.62:{port}"}}"#),
            )
        };
        assert_eq!(
            hint(&[on("prow1", 1), on("prow2", 2), on("prow1", 3)], |_| false).as_deref(),
            Some("prow-scheduler of prow1, prow2: refused, peer 10.77.0.62 (3 times)")
        );
    }

    #[test]
    fn who_hangs_up_before_the_connection_is_made_gives_no_hint() {
        let line = r#"{"level":"warn","msg":"rejected connection","error":"EOF"}"#;
        assert_eq!(hint([&slice("etcd", line)], |_| true), None);
        let gone = r#"{"level":"warn","msg":"refused a connection","reason":"other","detail":"Connection reset by peer (os error 104)"}"#;
        assert_eq!(hint([&slice("api-gateway", gone)], |_| true), None);
        let refused = gone.replace("Connection reset by peer (os error 104)", "no certificate");
        assert!(hint([&slice("api-gateway", &refused)], |_| true).is_some());
    }
}
