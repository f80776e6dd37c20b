//! The workload commands and their flags.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::quantity::{byte_count, cores};

#[derive(Debug, Subcommand)]
pub enum WorkloadCommand {
    /// Hand a workload to the platform, described by flags, by a file or by both.
    Schedule(Box<ScheduleArguments>),
    /// List workloads.
    List {
        /// Only those in this status, such as Running.
        #[arg(long)]
        status: Option<String>,
        /// Only those on this node.
        #[arg(long, value_name = "NODE")]
        node: Option<String>,
    },
    /// Show one workload.
    Get(Which),
    /// Show what a workload wrote last.
    Logs(Which),
    /// Stop a workload and keep it stopped.
    Stop(Which),
    /// Start a workload again.
    Start(Which),
    /// Remove a workload.
    Delete(Which),
}

/// One workload.
#[derive(Args, Debug)]
pub struct Which {
    /// The workload's id, or its name if no other workload has it.
    #[arg(value_name = "ID")]
    pub workload: String,
}

#[derive(Args, Debug, Default)]
pub struct ScheduleArguments {
    /// A workload in JSON, or - for stdin; flags override what it says.
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The workload's id, a UUID; the platform makes one up if it is absent.
    #[arg(long)]
    pub id: Option<String>,
    /// The workload's name.
    #[arg(long, required_unless_present = "file")]
    pub name: Option<String>,
    /// What is run; told from the other flags if it is absent.
    #[arg(long = "type", value_enum)]
    pub kind: Option<Kind>,
    /// The image's reference.
    #[arg(long)]
    pub image: Option<String>,
    /// The command, split into words as a shell would.
    #[arg(long, allow_hyphen_values = true)]
    pub command: Option<String>,
    /// A variable of the environment; may be given often.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub env: Vec<(String, String)>,
    /// A port of the node and the container's port behind it, such as 8080:80; may be given often.
    #[arg(long, value_name = "NODE:CONTAINER")]
    pub port: Vec<String>,
    /// A folder of the node and where the container sees it; may be given often.
    #[arg(long, value_name = "/NODE:/CONTAINER[:ro]")]
    pub volume: Vec<String>,
    /// The Docker network.
    #[arg(long)]
    pub network: Option<String>,
    /// What happens when the container ends.
    #[arg(long, value_enum)]
    pub restart_policy: Option<Restart>,
    /// A label that the node must have; may be given often.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub label: Vec<(String, String)>,
    /// Cores to reserve, such as 0.5.
    #[arg(long, value_name = "CORES", value_parser = cores)]
    pub cpu: Option<f64>,
    /// Memory to reserve in bytes, or such as 512MiB.
    #[arg(long, value_name = "BYTES", value_parser = byte_count)]
    pub memory: Option<u64>,
    /// A compose file to send along.
    #[arg(long, value_name = "FILE")]
    pub compose: Option<PathBuf>,
    /// A folder on the node with a compose file.
    #[arg(long, value_name = "FOLDER", conflicts_with = "compose")]
    pub local_path: Option<String>,
    /// A git repository with a compose file.
    #[arg(long, value_name = "URL", conflicts_with_all = ["compose", "local_path"])]
    pub git_repo: Option<String>,
    /// The branch of that repository.
    #[arg(long, value_name = "BRANCH", requires = "git_repo")]
    pub git_branch: Option<String>,
    /// A file with the token for that repository.
    #[arg(long, value_name = "FILE", requires = "git_repo")]
    pub git_token_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    DockerContainer,
    DockerCompose,
    GitCompose,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Restart {
    No,
    Always,
    OnFailure,
    UnlessStopped,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_equals_sign_divides() {
        assert_eq!(pair("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(pair("A="), Ok(("A".into(), String::new())));
        assert!(pair("A").is_err() && pair("=b").is_err());
    }
}
