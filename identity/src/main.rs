//! `persys-pki`: makes the credentials of every machine of a topology.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use persys_contract::topology::Topology;

/// Makes a test authority and the certificates and secrets of every machine.
#[derive(Parser)]
#[command(name = "persys-pki", version)]
struct Arguments {
    /// The topology file.
    #[arg(long, env = "TOPOLOGY", value_name = "FILE")]
    topology: PathBuf,
    /// Where to write: one folder for each machine. Existing files are replaced.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("persys-pki: failed to {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let text = fs::read_to_string(&arguments.topology)
        .with_context(|| format!("read {}", arguments.topology.display()))?;
    let topology = Topology::parse(&arguments.topology, &text).context("use the topology")?;
    persys_identity::write_credentials(&topology, &arguments.out)?;
    Ok(())
}
