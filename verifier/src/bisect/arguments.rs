//! What `bisect` and `judge` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use persys_contract::component;

#[derive(Debug, Args)]
pub struct Bisect {
    /// The platform's git repository; it is only read
    #[arg(long, value_name = "PATH")]
    pub repo: PathBuf,
    /// A commit at which the step passes, an ancestor of the bad one
    #[arg(long, value_name = "COMMIT")]
    pub good: String,
    /// A commit at which the step fails
    #[arg(long, value_name = "COMMIT")]
    pub bad: String,
    /// Of merges look only at the first parent, and so blame a merge as a whole
    #[arg(long)]
    pub first_parent: bool,
    #[command(flatten)]
    pub judging: Judging,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes are those that `git bisect run` expects: 0 good, 1 bad, 125 cannot be \
                  judged, 128 used wrongly, 130 interrupted."
)]
pub struct Judge {
    /// The checkout of the platform, which is built where it is
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub repo: PathBuf,
    #[command(flatten)]
    pub judging: Judging,
}

/// What runs the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// persys-lab, on this machine
    Lab,
    /// This suite's flake, in virtual machines
    Vm,
}

#[derive(Debug, Args)]
pub struct Judging {
    /// The step that tells good from bad
    #[arg(long, value_name = "SCENARIO/STEP")]
    pub step: String,
    /// What runs the platform
    #[arg(long, value_enum, default_value_t = Backend::Lab)]
    pub backend: Backend,
    /// Lab: how the platform is built, a shell command in its top folder
    /// [default: cargo, go or make, by what is there]
    #[arg(long, value_name = "COMMAND")]
    pub build: Option<String>,
    /// Lab: where the build leaves its programs, below the platform's top folder
    /// [default: target/debug with cargo, else bin]
    #[arg(long, value_name = "DIR")]
    pub bin_dir: Option<PathBuf>,
    /// Lab: the programs that the platform builds; the others are the suite's own
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_enum,
          default_values_t = [Program::Gateway, Program::Prow, Program::Agent, Program::Cli])]
    pub programs: Vec<Program>,
    /// Lab: run so often at each commit; one failure makes it bad
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Lab: the machines [default: topology.json here or above this program]
    #[arg(long, value_name = "FILE", env = "PERSYS_TOPOLOGY")]
    pub topology: Option<PathBuf>,
    /// Lab: persys-lab [default: beside this program, or in PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub lab: Option<PathBuf>,
    /// Vm: this suite's flake
    #[arg(long, value_name = "FLAKE", default_value = ".")]
    pub suite: String,
    /// Vm: the group of checks that has the step [default: the step's scenario]
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
    /// Lab: multiplies every budget of the run; auto measures this machine
    #[arg(long, value_name = "X|auto")]
    pub timeout_scale: Option<String>,
    /// A build that takes longer is given up, and the commit skipped
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..))]
    pub build_within: u64,
    /// A run that takes longer is incomplete
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..))]
    pub run_within: u64,
    /// A folder for logs and results [default: a new one below results/]
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// Lab: further options of `persys-lab run`, after --
    #[arg(last = true, value_name = "OPTION")]
    pub lab_options: Vec<String>,
}

/// A program of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Program {
    Gateway,
    Prow,
    Agent,
    Cli,
}

impl Program {
    /// The lab's option for it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Gateway => "--gateway",
            Self::Prow => "--prow",
            Self::Agent => "--agent",
            Self::Cli => "--cli",
        }
    }

    pub fn file_name(self) -> &'static str {
        match self {
            Self::Gateway => component::GATEWAY,
            Self::Prow => component::SCHEDULER,
            Self::Agent => component::AGENT,
            Self::Cli => "persys-cli",
        }
    }
}

#[derive(Debug, Args)]
pub struct GuardArguments {
    /// Removed at the end
    pub folder: Option<PathBuf>,
}
