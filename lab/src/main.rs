//! `persys-lab`: the whole topology on one Linux host, in namespaces.

use std::process::ExitCode;

mod cgroups;
mod cli;
mod dns;
mod doctor;
mod enter;
mod init;
mod janitor;
mod machine;
mod misuse;
mod mounting;
mod names;
mod outermost;
mod paths;
mod plan;
mod processes;
mod reaper;
mod signals;
mod spec;

fn main() -> ExitCode {
    cli::main()
}
