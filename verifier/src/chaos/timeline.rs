//! What happened around a moment, a line each.

use std::collections::BTreeMap;

use super::{Client, Line, Operation};

/// The lines of a history from `from_ms` to `to_ms`, as a person reads them.
pub fn around(lines: &[Line], from_ms: u64, to_ms: u64) -> Vec<String> {
    let mut asked: BTreeMap<u32, (u64, Client, &Operation)> = BTreeMap::new();
    let mut shown = Vec::new();
    for line in lines {
        if let Line::Invoke { at_ms, process, client, operation } = line {
            asked.insert(*process, (*at_ms, *client, operation));
        }
        let Some(at_ms) = line.at_ms() else { continue };
        if let Some(text) = told(line, &asked).filter(|_| (from_ms..=to_ms).contains(&at_ms)) {
            shown.push(format!("+{:>7.3} s  {text}", at_ms as f64 / 1000.0));
        }
    }
    shown
}

fn told(line: &Line, asked: &BTreeMap<u32, (u64, Client, &Operation)>) -> Option<String> {
    Some(match line {
        // Told when it ends.
        Line::Invoke { .. } => return None,
        Line::Complete { at_ms, process, outcome, status, detail, .. } => {
            let (since, client, operation) = asked.get(process)?;
            let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let detail = if detail.is_empty() { String::new() } else { format!(" {detail}") };
            let ms = at_ms - since;
            format!("{operation} {client} → {} {status}{detail} ({ms} ms)", outcome.as_str())
        }
        Line::Fault { machine, what, .. } => format!("FAULT {what} on {machine}"),
        Line::Healed { machine, what, .. } => format!("HEALED {what} on {machine}"),
        Line::Blow { machine, what, .. } => format!("BLOW   {what} on {machine}"),
        Line::Spared { what, why, .. } => format!("spared: {what}: {why}"),
        Line::Violated { violation } => {
            format!("VIOLATED {}: {}", violation.invariant, violation.text)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::{Finding, Outcome};

    #[test]
    fn a_moment_is_told_in_lines() {
        let (client, operation) = (Client::Gateway, Operation::Get { workload: 2 });
        let lines = [
            Line::Invoke { at_ms: 900, process: 1, client, operation },
            Line::Fault { at_ms: 950, machine: "etcd".into(), what: "pause etcd".into() },
            Line::Complete {
                at_ms: 1000,
                process: 1,
                outcome: Outcome::Info,
                status: Some(503),
                detail: "store_unavailable".into(),
                finding: Finding::default(),
            },
            Line::Healed { at_ms: 3000, machine: "etcd".into(), what: "pause etcd".into() },
        ];
        assert_eq!(
            around(&lines, 940, 2000),
            [
                "+  0.950 s  FAULT pause etcd on etcd",
                "+  1.000 s  get w2 through the gateway → info 503 store_unavailable (100 ms)",
            ]
        );
    }
}
