//! The timeline: one lane for the steps, one for repairs, one for each machine.

use std::collections::BTreeMap;

use serde::Serialize;

use super::view::anchor;
use crate::report::{RunSummary, plain_text::span, timeline::Request};

/// Units from the left edge to the right one.
const WIDTH: f64 = 10_000.0;
/// What is shorter could not be seen.
const THIN: f64 = 8.0;
/// Marks on the axis, about.
const TICKS: f64 = 8.0;

#[derive(Debug, Serialize)]
pub struct Lanes {
    pub width: f64,
    pub lanes: Vec<Lane>,
    pub axis: Vec<Tick>,
    pub left_out: usize,
}

#[derive(Debug, Serialize)]
pub struct Lane {
    pub name: String,
    /// What a reader who sees no picture is told.
    pub told: String,
    pub marks: Vec<Mark>,
}

#[derive(Debug, Serialize)]
pub struct Mark {
    pub x: f64,
    pub width: f64,
    /// The style's class.
    pub class: &'static str,
    pub title: String,
    /// The step's place in the page.
    pub anchor: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Tick {
    /// Percent of the width.
    pub left: f64,
    pub text: String,
}

/// Turns times into units.
struct Scale {
    whole: f64,
}

impl Scale {
    fn mark(&self, class: &'static str, from: f64, to: f64, title: String) -> Mark {
        let from = from.clamp(0.0, self.whole);
        let to = to.clamp(from, self.whole);
        let width = ((to - from) / self.whole * WIDTH).max(THIN);
        let x = (from / self.whole * WIDTH).min(WIDTH - width);
        Mark { x: round(x), width: round(width), class, title, anchor: None }
    }
}

impl Lanes {
    pub fn of(run: &RunSummary) -> Self {
        let scale = Scale { whole: run.duration_ms().max(run.last_ms).max(1.0) };
        let mut lanes = vec![steps(run, &scale)];
        if !run.timeline.repairs.is_empty() {
            lanes.push(repairs(run, &scale));
        }
        lanes.extend(machines(run, &scale));
        Self {
            width: WIDTH,
            lanes,
            axis: axis(scale.whole),
            left_out: run.timeline.requests_left_out,
        }
    }
}

fn steps(run: &RunSummary, scale: &Scale) -> Lane {
    let mut marks = Vec::new();
    for (scenario, step) in run.steps() {
        for attempt in &step.attempts {
            let verdict = attempt.verdict.map_or("error", |verdict| verdict.as_str());
            let took = span(attempt.duration_ms);
            let title = format!("{}/{}: {verdict} in {took}", scenario.id, step.id);
            let to = attempt.at + attempt.duration_ms;
            let mark = scale.mark(verdict, attempt.at, to, title);
            marks.push(Mark { anchor: Some(anchor(&scenario.id, &step.id)), ..mark });
        }
    }
    let told = format!("{} steps, one after the other", marks.len());
    Lane { name: "steps".to_owned(), told, marks }
}

fn repairs(run: &RunSummary, scale: &Scale) -> Lane {
    let marks = run.timeline.repairs.iter().map(|repair| {
        let title = format!("time to {}: {}", repair.what, span(repair.to - repair.from));
        scale.mark("repair", repair.from, repair.to, title)
    });
    let marks: Vec<Mark> = marks.collect();
    let told = format!("{} times that the platform took to mend itself", marks.len());
    Lane { name: "repairs".to_owned(), told, marks }
}

/// Faults below, requests on top of them.
fn machines(run: &RunSummary, scale: &Scale) -> Vec<Lane> {
    let names = run.started.machines.keys();
    let mut lanes: BTreeMap<&str, (usize, usize, Vec<Mark>)> =
        names.map(|name| (name.as_str(), Default::default())).collect();
    for fault in &run.timeline.faults {
        let (faults, _, marks) = lanes.entry(&fault.machine).or_default();
        *faults += 1;
        let to = fault.to.unwrap_or(scale.whole);
        let class = match (fault.odd, fault.to) {
            (false, Some(to)) if to > fault.from => "fault",
            (false, Some(_)) => "blow",
            _ => "fault odd",
        };
        let end = match fault.to {
            None => "never healed".to_owned(),
            Some(to) if to > fault.from => span(to - fault.from),
            Some(_) => "at once".to_owned(),
        };
        marks.push(scale.mark(class, fault.from, to, format!("{} ({end})", fault.what)));
    }
    for request in &run.timeline.requests {
        let (_, requests, marks) = lanes.entry(&request.machine).or_default();
        *requests += 1;
        let title = format!("{}, {}", request.what, span(request.ms));
        marks.push(scale.mark(class_of(request), request.at, request.at + request.ms, title));
    }
    let lane = |(name, (faults, requests, marks)): (&str, (usize, usize, Vec<Mark>))| Lane {
        name: name.to_owned(),
        told: format!("{requests} requests, {faults} faults"),
        marks,
    };
    lanes.into_iter().map(lane).collect()
}

fn class_of(request: &Request) -> &'static str {
    match request.status {
        Some(status) if status < 400 => "request",
        Some(status) if status < 500 => "request refused",
        _ => "request broken",
    }
}

/// Marks at round times.
fn axis(whole_ms: f64) -> Vec<Tick> {
    let rough = whole_ms / TICKS;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    (0..)
        .map(|n| f64::from(n) * step)
        .take_while(|at| *at < whole_ms * 0.97)
        .map(|at| Tick { left: round(at / whole_ms * 100.0), text: span(at) })
        .collect()
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_seen_and_stays_inside() {
        let scale = Scale { whole: 1000.0 };
        let shown = |from, to| {
            let mark = scale.mark("x", from, to, String::new());
            (mark.x, mark.width)
        };
        assert_eq!(shown(500.0, 600.0), (5000.0, 1000.0));
        assert_eq!(shown(0.0, 0.0), (0.0, THIN));
        assert_eq!(shown(1000.0, 1000.0), (WIDTH - THIN, THIN));
        assert_eq!(shown(900.0, 5000.0), (9000.0, 1000.0));
    }

    #[test]
    fn the_axis_has_round_marks() {
        let texts: Vec<String> = axis(61_000.0).into_iter().map(|tick| tick.text).collect();
        assert_eq!(texts, ["0ms", "10.0s", "20.0s", "30.0s", "40.0s", "50.0s"]);
    }
}
