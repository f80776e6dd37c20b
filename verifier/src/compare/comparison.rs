//! Two runs, step by step and figure by figure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::noise::Noise;
use crate::{events::Verdict, plan::Filter, report::RunSummary};

/// A time that changed by less is the polling's.
const LEAST_SECONDS: f64 = 0.25;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Steps whose verdict changed, or that only one of the runs has.
    pub verdicts: Vec<VerdictChange>,
    /// Steps that took longer or shorter, in seconds.
    pub durations: Vec<FigureChange>,
    /// Measurements that changed.
    pub measurements: Vec<FigureChange>,
    /// How many times as long the new run took for everything, by the median of its steps.
    pub pace: f64,
    /// A duration is told from this ratio on.
    pub duration_noise: f64,
    /// How many steps both have.
    pub steps: usize,
    /// What makes the runs two of a kind or not: topology, profile, seed, version.
    pub differences: Vec<String>,
    /// Whether both ran one profile, so that a step that only one has was lost or added.
    pub same_profile: bool,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct VerdictChange {
    /// `scenario/step`.
    pub step: String,
    /// Absent where the run does not have the step.
    pub base: Option<Verdict>,
    pub new: Option<Verdict>,
    /// Why, unless the new one passed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl VerdictChange {
    /// What passed and passes no longer.
    pub fn is_worse(&self) -> bool {
        self.base == Some(Verdict::Passed) && self.new.is_some_and(|new| new != Verdict::Passed)
    }

    /// What passed and is there no longer.
    pub fn is_lost(&self) -> bool {
        self.base == Some(Verdict::Passed) && self.new.is_none()
    }
}

#[derive(Debug, PartialEq, Serialize)]
pub struct FigureChange {
    pub name: String,
    pub unit: String,
    pub base: f64,
    pub new: f64,
    /// Of new to base, with the pace of the runs taken out; none of nothing.
    pub ratio: Option<f64>,
}

impl Comparison {
    pub fn of(base: &RunSummary, new: &RunSummary) -> Self {
        let (old, now) = (verdicts(base), verdicts(new));
        let steps: BTreeSet<&String> = old.keys().chain(now.keys()).collect();
        let changed =
            |step: &&&String| old.get(**step).map(|s| s.0) != now.get(**step).map(|s| s.0);
        let verdicts = steps.iter().filter(changed).map(|step| {
            let message = now.get(*step).map(|(_, message)| message.clone()).unwrap_or_default();
            VerdictChange {
                step: (*step).clone(),
                base: old.get(*step).map(|(verdict, _)| *verdict),
                new: now.get(*step).map(|(verdict, _)| *verdict),
                message,
            }
        });
        let verdicts = verdicts.collect();
        let times = both(&durations(base), &durations(new));
        let noise = Noise::of(&times.iter().map(|(_, pair)| *pair).collect::<Vec<_>>());
        let told = times.into_iter().filter(|(_, (old, now))| (now - old).abs() >= LEAST_SECONDS);
        let durations = told.filter_map(|((name, unit), pair)| change(name, unit, pair, noise));
        Self {
            verdicts,
            durations: durations.collect(),
            measurements: measurements_changed(base, new, noise),
            pace: noise.shift(),
            duration_noise: noise.reach(),
            steps: old.keys().filter(|step| now.contains_key(*step)).count(),
            differences: differences(base, new),
            same_profile: base.started.profile == new.started.profile
                && base.started.profile != Filter::SELECTION,
        }
    }

    /// Whether something that passed passes no longer, or is gone.
    pub fn is_worse(&self) -> bool {
        let lost = |change: &VerdictChange| self.same_profile && change.is_lost();
        self.verdicts.iter().any(|change| change.is_worse() || lost(change))
    }
}

type Figures = BTreeMap<(String, String), f64>;

fn verdicts(run: &RunSummary) -> BTreeMap<String, (Verdict, String)> {
    let of = run.steps().map(|(scenario, step)| {
        let message = step.last().map(|last| first_line(&last.message)).unwrap_or_default();
        (format!("{}/{}", scenario.id, step.id), (step.verdict(), message))
    });
    of.collect()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Of steps that passed: how long a failure took says nothing of the platform.
fn durations(run: &RunSummary) -> Figures {
    let passed = run.steps().filter(|(_, step)| step.verdict() == Verdict::Passed);
    let of = passed.map(|(scenario, step)| {
        let name = format!("{}/{}", scenario.id, step.id);
        ((name, "s".to_owned()), step.duration_ms() / 1000.0)
    });
    of.collect()
}

fn measurements(run: &RunSummary) -> Figures {
    let mut of = Figures::new();
    for scenario in &run.scenarios {
        for figure in &scenario.measurements {
            let name = format!("{}/{}", scenario.id, figure.name);
            of.insert((name, figure.unit.clone()), figure.value);
        }
    }
    of
}

/// A time is as noisy as the steps are; of other figures there are too few of a kind
/// to tell.
fn measurements_changed(base: &RunSummary, new: &RunSummary, times: Noise) -> Vec<FigureChange> {
    let noise = |unit: &str| if unit == "s" { times } else { Noise::UNKNOWN };
    let changed = both(&measurements(base), &measurements(new)).into_iter();
    changed
        .filter_map(|((name, unit), pair)| {
            let noise = noise(&unit);
            change(name, unit, pair, noise)
        })
        .collect()
}

fn both(base: &Figures, new: &Figures) -> Vec<((String, String), (f64, f64))> {
    let of = base.iter().filter_map(|(key, old)| Some((key.clone(), (*old, *new.get(key)?))));
    of.collect()
}

fn change(
    name: String,
    unit: String,
    (base, new): (f64, f64),
    noise: Noise,
) -> Option<FigureChange> {
    noise.is_beyond((base, new)).then(|| {
        let ratio = noise.ratio((base, new));
        FigureChange { name, unit, base, new, ratio }
    })
}

fn differences(base: &RunSummary, new: &RunSummary) -> Vec<String> {
    let (base, new) = (&base.started, &new.started);
    let pairs = [
        ("verifier", base.verifier_version.clone(), new.verifier_version.clone()),
        ("topology", base.topology.clone(), new.topology.clone()),
        ("platform", base.platform.clone(), new.platform.clone()),
        ("profile", base.profile.clone(), new.profile.clone()),
        ("timeout scale", base.timeout_scale.to_string(), new.timeout_scale.to_string()),
        ("processors", base.host.cpus.to_string(), new.host.cpus.to_string()),
    ];
    let differ = pairs.into_iter().filter(|(_, a, b)| a != b);
    differ.map(|(what, a, b)| format!("{what}: {a} in the base, {b} in the new run")).collect()
}
