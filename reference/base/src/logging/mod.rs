//! Logs: one JSON object per line on stderr (contract §7).

mod fields;
mod json_lines;

use std::io::Write;

use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

pub use json_lines::JsonLines;

/// Sends every log line of this process to stderr as JSON and every panic with
/// it. `RUST_LOG` chooses what is logged; the default is `info`. Later calls
/// change nothing.
pub fn init(service: &'static str) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,h2=warn,hyper=warn,rustls=warn,tonic=warn"));
    let lines = JsonLines::new(service, |line| {
        // There is nobody left to tell when stderr is gone.
        let _ = std::io::stderr().lock().write_all(line);
    });
    if tracing_subscriber::registry().with(filter).with(lines).try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let text = panic.payload_as_str().unwrap_or("no message");
            tracing::error!(place, panic = text, "a task panicked");
        }));
    }
}
