//! The `persys-cli` binary: the user's client of a platform's gateway (contract §1).

mod arguments;
mod client;
mod cluster;
mod failure;
mod github;
mod login;
mod node;
mod output;
mod settings;
mod token_file;
mod workload;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use client::{Client, web_client};
use failure::Failure;
use settings::Settings;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    #[cfg(feature = "defects")]
    persys_reference_base::defects::announce("persys-cli").map_err(Failure::Usage)?;
    let settings = Settings::collect(&arguments.connection)?;
    let client = Client::new(&settings, &arguments.connection)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Unreachable(format!("failed to start: {error}")))?;
    runtime.block_on(async {
        match &arguments.command {
            Command::Workload(command) => workload::run(command, &client, arguments.output).await,
            Command::Node(command) => node::run(command, &client, arguments.output).await,
            Command::Cluster(command) => cluster::run(command, &client, arguments.output).await,
            Command::Login(login) => {
                let web = web_client(&settings, &arguments.connection)?;
                login::run(login, &client, &web, arguments.output).await
            }
            Command::Github(command) => github::run(command, &client, arguments.output).await,
        }
    })
}
