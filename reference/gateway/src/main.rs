//! The `api-gateway` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    persys_reference_base::service::run(persys_gateway::SERVICE, persys_gateway::serve)
}
