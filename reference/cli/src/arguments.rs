//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    cluster::ClusterCommand, github::GithubCommand, login::LoginArguments, node::NodeCommand,
    workload::WorkloadCommand,
};

const AFTER_HELP: &str = "\
The gateway and the certificate files are read from a JSON file with \"gateway\", \"cert\", \"key\" and
\"ca\" (~/.config/persys/config.json unless --config names another), then from the environment, then
from flags; the later wins.

Exit codes: 0 done, 1 refused by the platform, 2 wrong usage, 3 the gateway cannot be reached.";

/// Schedules workloads on a Persys platform and looks after them.
#[derive(Debug, Parser)]
#[command(name = "persys-cli", version, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(flatten)]
    pub connection: ConnectionArguments,
    /// How answers are written.
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    #[command(subcommand)]
    pub command: Command,
}

/// How the gateway is reached.
#[derive(Args, Debug)]
pub struct ConnectionArguments {
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE", env = "PERSYS_CONFIG")]
    pub config: Option<PathBuf>,
    /// The gateway, such as https://10.0.0.1:8551.
    #[arg(long, global = true, value_name = "URL", env = "PERSYS_GATEWAY")]
    pub gateway: Option<String>,
    /// Your certificate in PEM.
    #[arg(long, global = true, value_name = "FILE", env = "TLS_CERT")]
    pub cert: Option<PathBuf>,
    /// Its private key in PEM.
    #[arg(long, global = true, value_name = "FILE", env = "TLS_KEY")]
    pub key: Option<PathBuf>,
    /// The certificate authority that the gateway's certificate is of, in PEM.
    #[arg(long, global = true, value_name = "FILE", env = "TLS_CA")]
    pub ca: Option<PathBuf>,
    /// Seconds that a call may take.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub timeout: std::time::Duration,
    /// Show the request ids by which the platform's logs name your calls.
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Table,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Schedule, look at and change workloads.
    #[command(subcommand, visible_alias = "workloads")]
    Workload(WorkloadCommand),
    /// Look at nodes.
    #[command(subcommand, visible_alias = "nodes")]
    Node(NodeCommand),
    /// Look at the whole platform.
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Log in with GitHub and keep the token that the gateway gives for it.
    Login(LoginArguments),
    /// Look at GitHub as the one who has logged in.
    #[command(subcommand)]
    Github(GithubCommand),
}

fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let value: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if !(value > 0.0 && value <= 86_400.0) {
        return Err("expected more than 0 and at most 86400 seconds".to_owned());
    }
    Ok(std::time::Duration::from_secs_f64(value))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_timeout_is_a_positive_number_of_seconds() {
        assert_eq!(seconds("0.5"), Ok(std::time::Duration::from_millis(500)));
        for odd in ["0", "-1", "NaN", "inf", "1e9", "soon"] {
            assert!(seconds(odd).is_err(), "{odd}");
        }
    }
}
