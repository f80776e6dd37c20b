//! `trace.json`: the timeline in the Trace Event Format, for Perfetto.
//!
//! Machines are processes, faults, requests, steps and repairs are spans.

use serde_json::{Value, json};

use super::summary::RunSummary;

/// The process that shows the run itself.
const RUN: usize = 1;
/// The rows of the run's process.
const STEPS: usize = 1;
const REPAIRS: usize = 2;
/// The row of a machine's faults; requests take the rows after it.
const FAULTS: usize = 1;

/// The whole file.
pub fn trace(run: &RunSummary) -> Vec<u8> {
    let mut machines: Vec<&str> = run.started.machines.keys().map(String::as_str).collect();
    let told = run.timeline.requests.iter().map(|request| request.machine.as_str());
    for name in told.chain(run.timeline.faults.iter().map(|fault| fault.machine.as_str())) {
        if !machines.contains(&name) {
            machines.push(name);
        }
    }
    let process = |name: &str| {
        machines.iter().position(|machine| *machine == name).map_or(RUN, |n| n + RUN + 1)
    };
    let mut events = vec![named("process_name", RUN, 0, "run")];
    events.push(named("thread_name", RUN, STEPS, "steps"));
    events.push(named("thread_name", RUN, REPAIRS, "repairs"));
    for machine in &machines {
        events.push(named("process_name", process(machine), 0, machine));
        events.push(named("thread_name", process(machine), FAULTS, "faults"));
    }
    for (scenario, step) in run.steps() {
        for attempt in &step.attempts {
            let verdict = attempt.verdict.map_or("never ended", |verdict| verdict.as_str());
            let name = format!("{}/{}", scenario.id, step.id);
            let args = json!({ "verdict": verdict, "title": step.title, "source": step.source });
            events.push(span(RUN, STEPS, &name, attempt.at, attempt.duration_ms, args));
        }
    }
    for repair in &run.timeline.repairs {
        let ms = repair.to - repair.from;
        events.push(span(RUN, REPAIRS, &repair.what, repair.from, ms, Value::Null));
    }
    for fault in &run.timeline.faults {
        let ms = fault.to.unwrap_or(run.last_ms) - fault.from;
        let args = json!({ "healed": fault.to.is_some() && !fault.odd });
        events.push(span(process(&fault.machine), FAULTS, &fault.what, fault.from, ms, args));
    }
    events.extend(requests(run, process));
    let mut text = serde_json::to_vec(&json!({ "displayTimeUnit": "ms", "traceEvents": events }))
        .unwrap_or_default();
    text.push(b'\n');
    text
}

/// Spans of one row must not overlap, so each takes the first row that is free.
fn requests(run: &RunSummary, process: impl Fn(&str) -> usize) -> Vec<Value> {
    let mut sorted: Vec<_> = run.timeline.requests.iter().collect();
    sorted.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut busy_until: std::collections::BTreeMap<usize, Vec<f64>> = Default::default();
    let each = sorted.into_iter().map(|request| {
        let process = process(&request.machine);
        let rows = busy_until.entry(process).or_default();
        let free = rows.iter().position(|until| *until <= request.at);
        let row = free.unwrap_or_else(|| {
            rows.push(0.0);
            rows.len() - 1
        });
        rows[row] = request.at + request.ms;
        let args = json!({ "status": request.status });
        span(process, FAULTS + 1 + row, &request.what, request.at, request.ms, args)
    });
    each.collect()
}

fn named(what: &str, process: usize, row: usize, name: &str) -> Value {
    json!({ "ph": "M", "name": what, "pid": process, "tid": row, "args": { "name": name } })
}

/// Times in milliseconds, which the format has in microseconds.
fn span(process: usize, row: usize, name: &str, at: f64, ms: f64, args: Value) -> Value {
    let (ts, dur) = ((at * 1000.0).round(), (ms.max(0.0) * 1000.0).round());
    json!({ "ph": "X", "name": name, "pid": process, "tid": row, "ts": ts, "dur": dur, "args": args })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::timeline::Request;

    #[test]
    fn requests_at_the_same_time_get_rows_of_their_own() {
        let mut run = RunSummary::default();
        for (at, ms) in [(10.0, 5.0), (12.0, 5.0), (15.0, 1.0)] {
            run.timeline.requests.push(Request {
                machine: "gateway".into(),
                at,
                ms,
                what: "GET /nodes".into(),
                status: Some(200),
            });
        }
        let trace: Value = serde_json::from_slice(&trace(&run)).unwrap();
        let spans = trace["traceEvents"].as_array().unwrap().iter();
        let rows: Vec<_> = spans
            .filter(|event| event["ph"] == "X")
            .map(|event| (event["pid"].as_u64(), event["tid"].as_u64(), event["ts"].as_f64()))
            .collect();
        let expected = [(2, 10_000.0), (3, 12_000.0), (2, 15_000.0)];
        assert_eq!(rows, expected.map(|(row, ts)| (Some(2), Some(row), Some(ts))));
    }
}
