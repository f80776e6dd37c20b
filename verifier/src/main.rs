//! The program `persys-verifier`.

use std::process::ExitCode;

fn main() -> ExitCode {
    persys_verifier::cli::main()
}
