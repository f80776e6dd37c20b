//! What the program can be told.

use std::{convert::Infallible, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

use super::calibrate::TimeoutScale;
use crate::{
    audit::Audit,
    bisect::{Bisect, GuardArguments, JudgeArguments as Judge},
    chaos::ChaosOrder,
    plan::{Pattern, Profile, Shard},
};

/// Proves that a Persys platform works, end to end, and shows where it does not.
#[derive(Debug, Parser)]
#[command(
    name = "persys-verifier",
    version,
    about,
    after_help = "Exit codes: 0 passed, 1 a check failed, 2 usage or a bad file, 3 the environment \
                  failed or the run is incomplete, 4 nothing was selected, 130 interrupted; audit and \
                  judge have codes of their own, which their help tells."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios against the platform that a topology describes
    Run(Box<Run>),
    /// Run the same again and again, and tell how often it does not pass
    Stress(Box<Stress>),
    /// Break machines at random while users ask at random, and check what must hold all the same
    Chaos(Box<Chaos>),
    /// Show what there is to run, without running it
    List(List),
    /// Print which steps prove which line of the strategy, in Markdown
    Coverage,
    /// Make the reports of a run again from its events
    Report(Report),
    /// Show what differs between two runs: verdicts, and times beyond noise
    Compare(Compare),
    /// Make one run of the results of all shards of it
    Merge(Merge),
    /// Measure what --timeout-scale this machine needs, from 1 to 20, and print it
    Calibrate,
    /// Find the commit of a platform that broke a step
    Bisect(Box<Bisect>),
    /// Judge the platform's commit that is checked out, for `git bisect run`
    Judge(Box<Judge>),
    /// Break the platform on purpose, one promise at a time, and see which step notices
    Audit(Box<Audit>),
    /// Outlives a bisection to clean up after it
    #[command(name = "__guard", hide = true)]
    Guard(GuardArguments),
}

#[derive(Clone, Debug, Default, Args)]
pub struct Selection {
    /// smoke or full; without it full, or whatever --only and --label name
    #[arg(long, value_name = "NAME")]
    pub profile: Option<Profile>,
    /// Only this scenario, or this step and what it needs; can be repeated
    #[arg(long, value_name = "ID[/STEP]", value_parser = pattern)]
    pub only: Vec<Pattern>,
    /// Only what has this label; can be repeated
    #[arg(long, value_name = "LABEL")]
    pub label: Vec<String>,
    /// Not this scenario or step, even if it is needed; can be repeated
    #[arg(long, value_name = "ID[/STEP]", value_parser = pattern)]
    pub skip: Vec<Pattern>,
    /// Only what did not pass in the run whose results lie there, with what it needs
    #[arg(long, value_name = "DIR", conflicts_with = "only")]
    pub rerun: Option<PathBuf>,
}

impl Setting {
    pub const CLI: &str = "persys-cli";
}

/// Where it is run and how it is told of, whatever is run.
#[derive(Clone, Debug, Default, Args)]
pub struct Setting {
    /// The topology file
    #[arg(long, value_name = "FILE", env = "PERSYS_TOPOLOGY")]
    pub topology: PathBuf,
    /// A folder for the results, without a run in it [default: a new one below results/]
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// Multiplies every budget and limit in seconds, for slow machines; auto measures this machine
    #[arg(long, value_name = "X|auto", default_value_t = TimeoutScale::Fixed(1.0), value_parser = TimeoutScale::parse)]
    pub timeout_scale: TimeoutScale,
    /// Begin no further step after one went wrong
    #[arg(long)]
    pub fail_fast: bool,
    /// A remark that every report shows; can be repeated
    #[arg(long, value_name = "TEXT")]
    pub note: Vec<String>,
    /// A fact of the environment for the reports, such as backend=lab; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = fact)]
    pub fact: Vec<(String, String)>,
    /// The persys-cli under test
    #[arg(long, value_name = "PATH", default_value = Self::CLI, env = "PERSYS_CLI")]
    pub cli: PathBuf,
    /// The folder with certificates and secrets [default: the topology's]
    #[arg(long, value_name = "DIR")]
    pub credentials: Option<PathBuf>,
    /// What is shown as the command to run the same again; {options} stands for the verifier's
    #[arg(long, value_name = "COMMAND", env = "PERSYS_REPRODUCE", hide = true)]
    pub reproduce: Option<String>,
    /// Look whether these options and files can be used, and run nothing
    #[arg(long, hide = true)]
    pub check: bool,
}

#[derive(Clone, Debug, Default, Args)]
pub struct Run {
    #[command(flatten)]
    pub setting: Setting,
    #[command(flatten)]
    pub selection: Selection,
    /// Seed of everything random [default: a new one]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run the scenarios in another order, which follows from the seed
    #[arg(long)]
    pub shuffle: bool,
    /// Only the Ith of N shares of what is selected; `merge` makes one run of all of them
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// A file whose lock the verifiers on one machine share, so that a scenario that measures
    /// (label exclusive) runs while the others wait
    #[arg(long, value_name = "FILE")]
    pub exclusive_lock: Option<PathBuf>,
    /// Run a scenario that did not pass again, so often; if it passes then it is flaky
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub retries: u32,
    /// Let a run with flaky steps pass
    #[arg(long)]
    pub allow_flaky: bool,
    /// A list of steps that may go wrong until a day, with who answers for each
    #[arg(long, value_name = "FILE")]
    pub quarantine: Option<PathBuf>,
    /// A folder in which the machines' host crashes and reboots them when asked
    #[arg(long, value_name = "DIR", env = "PERSYS_HOST_CHANNEL")]
    pub host_channel: Option<PathBuf>,
    /// How many seconds beyond its budget a step may block its thread before the run is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 60, hide = true)]
    pub watchdog: u64,
    /// Whether neither progress nor a digest is shown.
    #[arg(skip)]
    pub quiet: bool,
    /// What `chaos` makes of the scenario of this name.
    #[arg(skip)]
    pub chaos: Option<ChaosOrder>,
}

#[derive(Clone, Debug, Args)]
pub struct Chaos {
    /// Seed of the plan: the same seed makes the same plan [default: a new one]
    #[arg(long, value_name = "N", conflicts_with = "plan")]
    pub seed: Option<u64>,
    /// How long users ask and machines break, such as 90s, 3m or 1h
    #[arg(long = "for", value_name = "TIME", default_value = "3m", value_parser = time, conflicts_with = "plan")]
    pub duration: Duration,
    /// Carry out this plan, as chaos-plan.json has it, instead of making one
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// How long to look for a shorter plan that still fails, once one did; 0s: not at all
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = time)]
    pub shrink_for: Duration,
    #[command(flatten)]
    pub setting: Setting,
}

#[derive(Debug, Args)]
pub struct Stress {
    /// How often
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub count: u32,
    #[command(flatten)]
    pub run: Run,
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub selection: Selection,
    /// As JSON, in the shape of plan.json
    #[arg(long)]
    pub json: bool,
    /// Resolve the budgets with this topology's timings instead of production's
    #[arg(long, value_name = "FILE", env = "PERSYS_TOPOLOGY")]
    pub topology: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Report {
    /// The folder with events.jsonl
    #[arg(value_name = "DIR")]
    pub results: PathBuf,
    /// Exit as the run did
    #[arg(long)]
    pub gate: bool,
    /// Print the digest and write nothing, for a folder that cannot be written to
    #[arg(long)]
    pub print: bool,
    /// Also write Hydra's files, below DIR/nix-support; DIR is the absolute path of the
    /// output that holds the results, and an incomplete run is exit code 3
    #[arg(long, value_name = "DIR", conflicts_with_all = ["print", "gate"])]
    pub hydra: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// The folder with the events.jsonl of the run to compare with
    #[arg(value_name = "OLD")]
    pub base: PathBuf,
    /// The folder with the events.jsonl of the other run
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Merge {
    /// The results of each shard, in any order
    #[arg(value_name = "DIR", required = true)]
    pub shards: Vec<PathBuf>,
    /// A folder for the merged results, without a run in it
    #[arg(long, value_name = "DIR")]
    pub results: PathBuf,
}

fn pattern(text: &str) -> Result<Pattern, Infallible> {
    text.parse()
}

/// A time with its unit.
fn time(text: &str) -> Result<Duration, String> {
    /// Nobody waits longer for a verdict.
    const LONGEST: Duration = Duration::from_secs(24 * 3600);
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "must be a time with its unit, such as 90s, 3m or 1h".to_owned())?;
    let span = Duration::try_from(span).map_err(|_| "must not be negative".to_owned())?;
    if span > LONGEST { Err("must not be longer than a day".to_owned()) } else { Ok(span) }
}

fn fact(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    if name.is_empty() {
        return Err("must have a name before the =".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_time_has_its_unit() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("3m"), Ok(Duration::from_secs(180)));
        assert_eq!(time("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(time("0s"), Ok(Duration::ZERO));
        for wrong in ["", "3", "3 parsecs", "-3m", "25h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        let parse = |arguments: &[&str]| {
            let all = ["persys-verifier", "run", "--topology", "t.json"].iter().chain(arguments);
            Arguments::try_parse_from(all).map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(parse(&["--timeout-scale", "2.5", "--fact", "dns=embedded"]), Ok(()));
        assert_eq!(parse(&["--timeout-scale", "auto"]), Ok(()));
        for wrong in [
            ["--timeout-scale", "0"],
            ["--timeout-scale", "inf"],
            ["--fact", "dns"],
            ["--profile", "huge"],
            ["--retries", "99"],
            ["--shard", "0/2"],
            ["--shard", "3/2"],
            ["--shard", "x"],
        ] {
            assert!(parse(&wrong).is_err(), "{wrong:?}");
        }
    }
}
