//! The events of all shards, as those of one run.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::ShardRecord;
use crate::{
    events::{
        Body, Event, FaultChange, RunFinished, RunOutcome, RunStarted, SCHEMA, parse_timestamp,
    },
    report::fold,
};

/// The shards one after the other on the run's clock (`at`): the machines of two labs have the
/// same names, and what happened on them must not seem to have happened on one. `ts` stays true.
/// A shard that did not come to its end leaves the run without one.
pub fn join(shards: &[ShardRecord]) -> Vec<Event> {
    let stamps = || shards.iter().flat_map(|shard| &shard.events).map(|event| &event.ts);
    let (first, last) = (stamps().min().cloned(), stamps().max().cloned());
    let started = Body::RunStarted(Box::new(started(shards)));
    let mut events = vec![plain(first.unwrap_or_default(), 0.0, started)];
    let mut offset = 0.0;
    for (n, shard) in shards.iter().enumerate() {
        let begun = offset;
        let mut faults = BTreeMap::new();
        for event in &shard.events {
            offset = begun + event.at;
            if matches!(event.body, Body::RunStarted(_) | Body::RunFinished(_)) {
                continue;
            }
            let mut event = Event { at: offset, ..event.clone() };
            if let Body::Fault(change) = &mut event.body {
                change.lease = format!("{}/{}", shard.shard.index, change.lease);
                keep_in_force(&mut faults, change);
            }
            events.push(event);
        }
        // What comes after is of other machines.
        if n + 1 < shards.len() {
            let ts = shard.events.last().map(|event| event.ts.clone()).unwrap_or_default();
            let unseen = faults.into_values().map(Body::Fault);
            events.extend(unseen.map(|body| plain(ts.clone(), offset, body)));
        }
    }
    if let Some(outcome) = outcome(shards, &events) {
        let duration_ms = wall_ms(shards);
        let exit_code = outcome.exit_code();
        let finished = RunFinished { outcome, exit_code, duration_ms };
        events.push(plain(last.unwrap_or_default(), offset, Body::RunFinished(finished)));
    }
    for (seq, event) in (0..).zip(&mut events) {
        event.seq = seq;
        event.at = (event.at * 1000.0).round() / 1000.0;
        event.schema = (seq == 0).then_some(SCHEMA);
    }
    events
}

fn plain(ts: String, at: f64, body: Body) -> Event {
    Event { schema: None, seq: 0, ts, at, scenario: None, step: None, body }
}

fn started(shards: &[ShardRecord]) -> RunStarted {
    let Some(first) = shards.first().map(|shard| &shard.started) else {
        return RunStarted::default();
    };
    let all = || shards.iter().map(|shard| &shard.started);
    let mut merged = RunStarted { shard: None, ..first.clone() };
    merged.run_id = all().map(|started| started.run_id.as_str()).collect::<Vec<_>>().join("+");
    // Each has measured for itself.
    merged.timeout_scale = all().map(|started| started.timeout_scale).fold(0.0, f64::max);
    for started in all() {
        for (name, value) in &started.facts {
            merged.facts.entry(name.clone()).or_insert_with(|| value.clone());
        }
        for note in &started.notes {
            if !merged.notes.contains(note) {
                merged.notes.push(note.clone());
            }
        }
    }
    merged.facts.insert("shards".to_owned(), shards.len().to_string());
    let selection = shards.first().map_or(&[][..], |shard| &shard.shard.selection);
    let planned = |id: &String| shards.iter().find_map(|shard| shard.planned(id)).cloned();
    merged.plan = selection.iter().filter_map(planned).collect();
    merged
}

/// Notes which faults are in force, with what is to be said when nobody sees them any more.
fn keep_in_force(faults: &mut BTreeMap<(String, String), FaultChange>, change: &FaultChange) {
    let key = (change.machine.clone(), change.lease.clone());
    match change.change.as_str() {
        "injected" => {
            let detail = Some("the shard's record ends here".to_owned());
            faults.insert(key, FaultChange { change: "unseen".into(), detail, ..change.clone() });
        }
        "heal-failed" | "action" => {}
        _ => drop(faults.remove(&key)),
    }
}

/// As a single run would have ended; none if it would not have.
fn outcome(shards: &[ShardRecord], events: &[Event]) -> Option<RunOutcome> {
    let ends: Vec<RunOutcome> = shards
        .iter()
        .map(|shard| match shard.events.last().map(|event| &event.body) {
            Some(Body::RunFinished(finished)) => Some(finished.outcome),
            _ => None,
        })
        .collect::<Option<_>>()?;
    if ends.contains(&RunOutcome::Interrupted) {
        return Some(RunOutcome::Interrupted);
    }
    let run = fold(events);
    let verdicts = run.steps().map(|(_, step)| step.verdict());
    let judged = RunOutcome::of_steps(verdicts, run.started.flaky_fails);
    // A shard whose own record could not be written says so by its outcome alone.
    let broken = judged != RunOutcome::Failed && ends.contains(&RunOutcome::Error);
    Some(if broken { RunOutcome::Error } else { judged })
}

/// From the first shard's start to the last one's end, by the machines' clocks. A clock that was
/// set meanwhile does not make it less than the longest shard.
fn wall_ms(shards: &[ShardRecord]) -> f64 {
    let moment = |event: Option<&Event>| parse_timestamp(&event?.ts);
    let starts: Vec<OffsetDateTime> =
        shards.iter().filter_map(|shard| moment(shard.events.first())).collect();
    let ends = shards.iter().filter_map(|shard| moment(shard.events.last())).max();
    let wall = match (starts.into_iter().min(), ends) {
        (Some(start), Some(end)) => (end - start).as_seconds_f64() * 1000.0,
        _ => 0.0,
    };
    let longest = shards.iter().filter_map(|shard| Some(shard.events.last()?.at));
    longest.fold(wall, f64::max)
}
