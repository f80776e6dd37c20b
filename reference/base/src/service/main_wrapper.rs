//! The body of every service's `main`.

use std::{future::Future, io::IsTerminal, process::ExitCode, time::Duration};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use super::Lifecycle;
use crate::logging;

/// The start failed: a value is missing or cannot be used.
const EXIT_START: u8 = 2;
/// The service failed after it was ready.
const EXIT_FAILED: u8 = 1;
/// Tasks that do not end by themselves are dropped after this.
const LINGER: Duration = Duration::from_millis(500);

/// Reads the configuration, sets up logs, crypto and signals, and runs `service`
/// until it returns. SIGTERM and SIGINT ask it to stop through its [`Lifecycle`].
/// What goes wrong is said in one message.
pub fn run<A, F, R>(name: &'static str, service: F) -> ExitCode
where
    A: Parser,
    F: FnOnce(A, Lifecycle) -> R,
    R: Future<Output = anyhow::Result<()>>,
{
    logging::init(name);
    let arguments = match A::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() || std::io::stderr().is_terminal() => error.exit(),
        Err(error) => {
            let text = error.render().to_string();
            let text = text.split("\n\nUsage:").next().unwrap_or(&text);
            return failed_to_start(&text.trim_start_matches("error: ").replace('\n', " "));
        }
    };
    #[cfg(feature = "defects")]
    if let Err(why) = crate::defects::announce(name) {
        return failed_to_start(&why);
    }
    persys_identity::install_crypto();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed_to_start(&format!("no runtime: {error}")),
    };
    let lifecycle = Lifecycle::default();
    let outcome = runtime.block_on(async {
        watch_signals(&lifecycle)?;
        service(arguments, lifecycle.clone()).await
    });
    runtime.shutdown_timeout(LINGER);
    match outcome {
        Ok(()) => {
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        Err(error) if lifecycle.is_ready() => {
            tracing::error!("failed: {error:#}");
            ExitCode::from(EXIT_FAILED)
        }
        Err(error) => failed_to_start(&format!("{error:#}")),
    }
}

fn failed_to_start(why: &str) -> ExitCode {
    tracing::error!("failed to start: {why}");
    ExitCode::from(EXIT_START)
}

fn watch_signals(lifecycle: &Lifecycle) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let lifecycle = lifecycle.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        lifecycle.stop();
    });
    Ok(())
}
