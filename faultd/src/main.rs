//! `persys-faultd`: injects faults into a machine of a test topology.

use std::{io, process::ExitCode};

use clap::Parser;
use persys_faultd::server::{Daemon, HogTask, JsonLines, Settings, hold};
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Exit codes: a bad or missing setting, and everything that fails later.
const UNUSABLE_SETTINGS: u8 = 2;
const FAILED: u8 = 1;

/// The daemon's own helper: see [`hold`].
#[derive(Parser)]
#[command(name = "persys-faultd hold")]
struct Hold {
    #[command(subcommand)]
    task: HogTask,
}

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == "hold") {
        let Hold { task } = Hold::parse_from(std::env::args_os().skip(1));
        return match hold(task) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(FAILED),
        };
    }
    let settings = Settings::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .event_format(JsonLines { service: "persys-faultd" })
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    persys_identity::install_crypto();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(reason = %error, "failed to start the runtime");
            return ExitCode::from(FAILED);
        }
    };
    let code = runtime.block_on(run(settings));
    // What still waits for a component must not hold up the end.
    runtime.shutdown_background();
    code
}

async fn run(settings: Settings) -> ExitCode {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("failed to listen for signals");
        return ExitCode::from(FAILED);
    };
    let daemon = match Daemon::start(settings).await {
        Ok(daemon) => daemon,
        Err(error) => {
            tracing::error!("failed to {error}");
            let unusable = !matches!(error, persys_faultd::server::StartError::Listen { .. });
            return ExitCode::from(if unusable { UNUSABLE_SETTINGS } else { FAILED });
        }
    };
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
        tracing::warn!(reason = %error, "readiness not told");
    }
    let healed = daemon
        .run(async {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            let _ = sd_notify::notify(&[NotifyState::Stopping]);
        })
        .await;
    if healed { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}
