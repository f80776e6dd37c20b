//! `persys-verifier chaos`: random faults over random operations, and the shortest plan that still
//! fails.

use std::{path::PathBuf, time::Duration};

use super::{
    Exit, Platform, Registry,
    arguments::{Chaos, Run, Selection, Setting},
    reproduce::chaos_command,
    run::{self, read_topology, refuse},
    shrinking,
};
use crate::{
    chaos::ChaosOrder,
    events::timestamp,
    plan::{Invariant, Pattern, Scenario},
    report::ResultsFolder,
    scenarios,
};

/// Seconds beyond its budget that a step may block its thread.
const WATCHDOG: u64 = 60;

pub fn chaos(registry: Registry, platform: Platform, arguments: &Chaos) -> Exit {
    let topology = match read_topology(&arguments.setting.topology) {
        Ok(topology) => topology,
        Err(error) => return refuse(Exit::Usage, &format!("failed to read the topology: {error}")),
    };
    let plan = arguments.plan.as_ref().map(|file| scenarios::chaos::read_plan(file, &topology));
    let plan = match plan.transpose() {
        Ok(plan) => plan,
        Err(error) => return refuse(Exit::Usage, &format!("failed to {error}")),
    };
    if arguments.setting.check {
        return Exit::Passed;
    }
    let known = plan.as_ref().map(|plan| plan.seed).or(arguments.seed);
    let seed = known.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let folder = match folder(arguments) {
        Ok(folder) => folder,
        Err(error) => {
            return refuse(Exit::Usage, &format!("failed to prepare the results: {error}"));
        }
    };
    let order = ChaosOrder { plan, ..ChaosOrder::new(seed, arguments.duration) };
    let invariants = registry.invariants;
    let job = Job { platform, arguments, invariants, again: again(arguments, seed) };
    let exit = job.run(order.clone(), folder.clone(), false);
    if exit == Exit::CheckFailed && arguments.shrink_for > Duration::ZERO {
        shrinking::shrink(&job, &order, &folder);
    }
    exit
}

fn folder(arguments: &Chaos) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &arguments.setting.results {
        return Ok(folder.clone());
    }
    let now = timestamp(time::OffsetDateTime::now_utc());
    let folder = ResultsFolder::new_below("results".as_ref(), &now, "chaos")?;
    Ok(folder.path().to_owned())
}

fn again(arguments: &Chaos, seed: u64) -> String {
    let options = match &arguments.plan {
        Some(file) => vec!["--plan".to_owned(), file.display().to_string()],
        None => {
            let seconds = format!("{}s", arguments.duration.as_secs());
            vec!["--seed".to_owned(), seed.to_string(), "--for".to_owned(), seconds]
        }
    };
    chaos_command(&arguments.setting, &options)
}

/// Everything that stays the same from one plan to a shorter one.
pub struct Job<'a> {
    platform: Platform,
    pub arguments: &'a Chaos,
    invariants: &'static [Invariant],
    /// The command that does the same again.
    pub again: String,
}

impl Job<'_> {
    /// Carries out one plan.
    pub fn run(&self, order: ChaosOrder, folder: PathBuf, quiet: bool) -> Exit {
        // Made once a plan, and a program carries out few.
        let scenario = scenarios::chaos::of_length(order.lasts());
        let table: &'static [&'static Scenario] = Box::leak(Box::new([scenario]));
        let only = Pattern { scenario: scenario.id.to_owned(), step: None };
        let arguments = Run {
            setting: Setting {
                results: Some(folder),
                reproduce: Some(self.again.clone()),
                ..self.arguments.setting.clone()
            },
            selection: Selection { only: vec![only], ..Selection::default() },
            seed: Some(order.seed),
            quiet,
            chaos: Some(order),
            watchdog: WATCHDOG,
            ..Run::default()
        };
        let registry = Registry { scenarios: table, invariants: self.invariants };
        run::run(registry, self.platform, &arguments)
    }
}
