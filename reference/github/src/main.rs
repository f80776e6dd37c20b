//! The `persys-github` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    persys_reference_base::service::run(persys_github::SERVICE, persys_github::serve)
}
