//! The first event in which two runs of the same step differ.

use std::collections::HashSet;

use serde::Serialize;

use crate::events::{Body, Event};

/// Where a run parts from another; each side absent where that run had come to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What both had in common before, in events of this step.
    pub alike: usize,
    pub passing: Option<String>,
    pub failing: Option<String>,
}

impl Difference {
    /// Of the events of one step in a run that passed and in one that did not.
    /// None: they tell the same.
    pub fn first(passing: &[Event], failing: &[Event], step: &str) -> Option<Self> {
        let (passing, failing) = (told(passing, step), told(failing, step));
        let alike = passing.iter().zip(&failing).take_while(|(a, b)| a.shape == b.shape).count();
        let at = |told: &[Told]| told.get(alike).map(|told| told.text.clone());
        let difference = Self { alike, passing: at(&passing), failing: at(&failing) };
        (difference.passing.is_some() || difference.failing.is_some()).then_some(difference)
    }
}

struct Told {
    text: String,
    /// The text without what differs from run to run of itself.
    shape: String,
}

/// What a step tells, once each: how often something was asked before it changed is
/// the scheduler's luck.
fn told(events: &[Event], step: &str) -> Vec<Told> {
    let named = |event: &&Event| match (&event.scenario, &event.step) {
        (Some(scenario), Some(own)) => {
            step.strip_prefix(scenario.as_str()) == Some(&format!("/{own}"))
        }
        _ => false,
    };
    let mut seen = HashSet::new();
    let texts = events.iter().filter(named).filter_map(|event| text(&event.body));
    let told = texts.map(|text| Told { shape: shape(&text), text });
    told.filter(|told| seen.insert(told.shape.clone())).collect()
}

fn text(body: &Body) -> Option<String> {
    match body {
        Body::Evidence(seen) => Some(format!("{}: {}", seen.kind, seen.summary)),
        Body::Waiting(wait) => Some(format!("waiting until {}: {}", wait.what, wait.status)),
        Body::Fault(fault) => Some(format!("fault on {}: {}", fault.machine, fault.change)),
        Body::StepFinished(end) if end.message.is_empty() => Some(end.verdict.to_string()),
        Body::StepFinished(end) => Some(format!("{}: {}", end.verdict, end.message)),
        _ => None,
    }
}

/// Words with a digit are times, counts, ids and names made for one run.
fn shape(text: &str) -> String {
    let words = text.split_whitespace();
    let plain =
        words.map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word });
    plain.collect::<Vec<_>>().join(" ")
}
