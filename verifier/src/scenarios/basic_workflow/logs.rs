//! The form of the platform's logs (contract §7): lines of JSON on stderr.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use serde_json::Value;
use time::UtcOffset;

use crate::{
    context::Context, events::parse_timestamp, evidence::StepResult, scenarios::support::Component,
};

/// So many bytes of each log are looked at, counted from its end.
const LOOKED_AT: u64 = 256 << 10;

pub async fn well_formed(cx: &mut Context) -> StepResult {
    let mut checks = cx.checks();
    let mut looked_at = 0_u32;
    for component in Component::all(cx) {
        let log = cx.faults(&component.machine);
        let end = log.log_end(component.name).await?;
        let from = end.saturating_sub(LOOKED_AT);
        let seen = AtomicU32::new(0);
        let is_broken = |line: &str| {
            let first = seen.fetch_add(1, Relaxed) == 0;
            // Where it begins in the middle, so may the first line.
            let whole = from == 0 || !first;
            whole && !line.trim().is_empty() && problem(line, component.name).is_some()
        };
        let broken = log.log_lines(component.name, from, is_broken).await?;
        let (name, seen) = (format!("log of {component}"), seen.into_inner());
        checks.is_true(&format!("{name} has lines"), seen > 0, "it has none");
        if let Some(line) = broken.first() {
            let what = problem(line, component.name).unwrap_or_default();
            let count = broken.len();
            checks.violated(&name, format!("{count} of {seen} lines; the first {what}: {line}"));
        }
        looked_at += seen;
    }
    cx.measure("log_lines_looked_at", f64::from(looked_at), "lines");
    checks.finish()
}

/// What is wrong with a line.
fn problem(line: &str, service: &str) -> Option<String> {
    let Ok(Value::Object(line)) = serde_json::from_str(line) else {
        return Some("is no JSON object".to_owned());
    };
    let text = |field: &str| line.get(field).and_then(Value::as_str).unwrap_or_default();
    if parse_timestamp(text("ts")).is_none_or(|ts| ts.offset() != UtcOffset::UTC) {
        return Some("has no ts that is a time in UTC by RFC 3339".to_owned());
    }
    if text("service") != service {
        return Some(format!("has no service that is {service}"));
    }
    if text("level").is_empty() {
        return Some("has no level".to_owned());
    }
    (!line.get("msg").is_some_and(Value::is_string)).then(|| "has no msg".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_needs_its_four_fields() {
        let good =
            r#"{"ts":"2026-01-01T00:00:00.5Z","level":"info","service":"a","msg":"m","x":1}"#;
        assert_eq!(problem(good, "a"), None);
        for (line, about) in [
            (good.replace("\"level\":\"info\",", ""), "level"),
            (good.replace("\"m\"", "7"), "msg"),
            (good.replace("\"a\"", "\"b\""), "service"),
            (good.replace("Z\"", "\""), "ts"),
            (good.replace(".5Z", "+01:00"), "ts"),
            ("panicked at".to_owned(), "JSON"),
            ("[]".to_owned(), "JSON"),
        ] {
            let told = problem(&line, "a").unwrap_or_default();
            assert!(told.contains(about), "{line}: {told}");
        }
    }
}
