//! What can be asked of `persys-lab`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{dns::DnsOptions, plan::LabOptions};

/// The whole topology on one Linux host, in namespaces: etcd, CoreDNS, a Docker
/// Engine per agent and the platform under test.
#[derive(Debug, Parser)]
#[command(
    name = "persys-lab",
    version,
    after_help = "Exit codes: the verifier's own (0 passed, 1 a check failed, …); 2 usage or a bad \
                  file; 3 the lab failed; 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring a lab up, run the verifier on its client machine, take the lab down
    Run(Run),
    /// Bring a lab up and leave it in the background
    Up(Up),
    /// End a lab that is up
    Down(Down),
    /// Show the labs that are up, their machines and components
    Status(Status),
    /// Run a command, or a shell, on a machine
    Shell(Shell),
    /// Show the log of a machine's components
    Logs(Logs),
    /// Say what this host lacks to run a lab, and the mend
    Doctor(Doctor),
    /// Remove what labs that were killed left behind
    Clean,
    /// The parent of a lab's first process
    #[command(name = "__janitor", hide = true)]
    Janitor { lab: String },
    /// The first process of a lab
    #[command(name = "__init", hide = true)]
    Init { lab: String },
    /// The first process of a machine
    #[command(name = "__machine", hide = true)]
    Machine { machine: String },
    /// A command on a machine
    #[command(name = "__enter", hide = true)]
    Enter {
        pid: u32,
        folder: PathBuf,
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// The embedded DNS server
    #[command(name = "__dns", hide = true)]
    Dns(DnsOptions),
    /// The outermost process of a lab in the background
    #[command(name = "__hold", hide = true)]
    Hold(Up),
}

#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub lab: LabOptions,
    /// Where the verifier writes, and the logs of all machines go
    /// [default: results/<time>-<lab>]
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// Share the verifier's scenarios among so many labs side by side, NAME-1, NAME-2, …;
    /// their results become one run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub labs: u32,
    /// The process that started this lab beside others, and with which it ends
    #[arg(long, hide = true)]
    pub parent: Option<i32>,
    /// The lock of the labs side by side
    #[arg(long, hide = true)]
    pub exclusive_lock: Option<PathBuf>,
    /// When the verifier does not exit 0, keep the lab up until Ctrl-C or `down`
    #[arg(long)]
    pub hold_on_failure: bool,
    /// What to run on the client machine: `run …` for the verifier, or any other command
    #[arg(last = true, value_name = "COMMAND", default_values = ["run"])]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    pub lab: LabOptions,
}

/// Which lab is meant. Need not be said when one is up.
#[derive(Debug, Args)]
pub struct Which {
    #[arg(long, value_name = "LAB")]
    pub name: Option<String>,
}

#[derive(Debug, Args)]
pub struct Down {
    #[command(flatten)]
    pub which: Which,
    /// All labs that are up
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub which: Which,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Shell {
    #[command(flatten)]
    pub which: Which,
    pub machine: String,
    /// [default: a shell]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Logs {
    #[command(flatten)]
    pub which: Which,
    pub machine: String,
    /// [default: all of the machine's]
    pub component: Option<String>,
    /// Go on with what is written from now on
    #[arg(long, short)]
    pub follow: bool,
}

#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    pub lab: LabOptions,
}
