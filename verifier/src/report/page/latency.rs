//! How long the platform took to answer: each request a dot, each listener a row.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    chart::{Line, LogScale, x},
    percentiles::percentile,
};
use crate::report::{RunSummary, plain_text::span, timeline::Request};

#[derive(Debug, Serialize)]
pub struct Latency {
    pub dots: Vec<Dot>,
    pub lines: Vec<Line>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub class: &'static str,
    pub title: String,
}

/// What a machine's answers took.
#[derive(Debug, Serialize)]
pub struct Row {
    pub machine: String,
    pub count: usize,
    pub unanswered: usize,
    /// Of p50, p90 and p99: a figure, or a dash where there are too few samples.
    pub percentiles: [String; 3],
    pub slowest: String,
}

impl Latency {
    /// Absent when no request was seen.
    pub fn of(run: &RunSummary) -> Option<Self> {
        let requests = &run.timeline.requests;
        if requests.is_empty() {
            return None;
        }
        let whole = run.duration_ms().max(run.last_ms);
        let scale = LogScale::around(requests.iter().map(|request| request.ms));
        let dot = |request: &Request| Dot {
            x: x(request.at, whole),
            y: scale.y(request.ms),
            class: match request.status {
                Some(status) if status < 500 => "dot",
                _ => "dot broken",
            },
            title: format!("{} ({}): {}", request.what, request.machine, span(request.ms)),
        };
        Some(Self {
            dots: requests.iter().map(dot).collect(),
            lines: scale.lines(span_fine),
            rows: rows(requests),
        })
    }
}

fn rows(requests: &[Request]) -> Vec<Row> {
    let mut by_machine: BTreeMap<&str, (Vec<f64>, usize)> = BTreeMap::new();
    for request in requests {
        let (answered, unanswered) = by_machine.entry(&request.machine).or_default();
        match request.status {
            Some(_) => answered.push(request.ms),
            None => *unanswered += 1,
        }
    }
    let row = |(machine, (mut times, unanswered)): (&str, (Vec<f64>, usize))| {
        times.sort_by(f64::total_cmp);
        let of = |percent| percentile(&times, percent).map_or_else(|| "–".to_owned(), span_fine);
        Row {
            machine: machine.to_owned(),
            count: times.len(),
            unanswered,
            percentiles: [of(50.0), of(90.0), of(99.0)],
            slowest: times.last().copied().map_or_else(|| "–".to_owned(), span_fine),
        }
    };
    by_machine.into_iter().map(row).collect()
}

/// As [`span`], and with fractions below ten milliseconds.
fn span_fine(ms: f64) -> String {
    match ms {
        ms if ms < 0.1 => format!("{ms:.2}ms"),
        ms if ms < 10.0 && ms.fract() > 1e-9 => format!("{ms:.1}ms"),
        ms => span(ms),
    }
}
