//! The command line: `run`, `stress`, `chaos`, `list`, `coverage`, `report`, `merge`, `compare`, `calibrate`, `bisect`,
//! `judge` and `audit`.

mod arguments;
mod audit;
mod bisect;
mod calibrate;
mod chaos;
mod compare;
mod coverage;
mod exit;
mod host;
mod list;
mod merge;
mod outside;
mod remake;
mod reproduce;
mod rerun;
mod run;
mod selecting;
mod shrinking;
mod signals;
mod stress;
mod watchdog;

pub use arguments::Arguments;
pub use exit::Exit;
pub use run::Platform;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use crate::{
    plan::{Invariant, Scenario},
    scenarios,
};

/// What can be run.
#[derive(Clone, Copy)]
pub struct Registry {
    pub scenarios: &'static [&'static Scenario],
    pub invariants: &'static [Invariant],
}

impl Registry {
    /// The project's own.
    pub const ALL: Self = Self { scenarios: scenarios::ALL, invariants: scenarios::INVARIANTS };
}

/// The program.
pub fn main() -> ExitCode {
    main_with(Registry::ALL, Platform::Real, std::env::args_os()).into()
}

/// The program with other scenarios, as its own tests have them.
pub fn main_with(
    registry: Registry,
    platform: Platform,
    arguments: impl IntoIterator<Item = OsString>,
) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let judges = arguments.get(1).is_some_and(|word| word == "judge" || word == "audit");
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come here too, and are no mistake.
            let _ = error.print();
            return match error.use_stderr() {
                // Any other code would blame the commit that git has checked out, or the suite.
                true if judges => Exit::Aborted,
                true => Exit::Usage,
                false => Exit::Passed,
            };
        }
    };
    let broken = crate::plan::validate(registry.scenarios);
    if !broken.is_empty() {
        eprintln!("error: the table of scenarios is wrong:\n  {}", broken.join("\n  "));
        return Exit::Usage;
    }
    match arguments.command {
        arguments::Command::Run(arguments) => run::run(registry, platform, &arguments),
        arguments::Command::Stress(arguments) => stress::stress(registry, platform, &arguments),
        arguments::Command::Chaos(arguments) => chaos::chaos(registry, platform, &arguments),
        arguments::Command::List(arguments) => list::list(registry, &arguments),
        arguments::Command::Coverage => coverage::coverage(registry),
        arguments::Command::Report(arguments) => remake::remake(&arguments),
        arguments::Command::Compare(arguments) => compare::compare(&arguments),
        arguments::Command::Merge(arguments) => merge::merge(&arguments),
        arguments::Command::Calibrate => calibrate::calibrate(),
        arguments::Command::Bisect(arguments) => bisect::bisect(registry, &arguments),
        arguments::Command::Judge(arguments) => bisect::judge(registry, &arguments),
        arguments::Command::Audit(arguments) => audit::audit(registry, &arguments),
        arguments::Command::Guard(arguments) => {
            crate::bisect::keep_guard(arguments.folder.as_deref());
            Exit::Passed
        }
    }
}
