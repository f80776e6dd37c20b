//! `persys-nix-lint`: parses every Nix file below a folder and says which are not
//! formatted, as the flake's `formatter` would, on machines with and without Nix.

mod files;
mod finding;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

use finding::{Finding, examine};

/// Parses and formats Nix files.
#[derive(Parser)]
#[command(name = "persys-nix-lint", version)]
struct Arguments {
    /// Write the files as they should be, instead of saying which are not
    #[arg(long)]
    write: bool,
    /// The folder to look through
    #[arg(default_value = ".")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("persys-nix-lint: failed to {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is as it should be.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let files = files::nix_files(&arguments.folder)?;
    let mut sound = true;
    for file in &files {
        match examine(file, arguments.write)? {
            Finding::Sound => {}
            Finding::Formatted => println!("{} formatted", file.display()),
            Finding::Unformatted => {
                sound = false;
                eprintln!("{} is not formatted: run persys-nix-lint --write", file.display());
            }
            Finding::Unreadable(report) => {
                sound = false;
                eprintln!("{report}");
            }
        }
    }
    println!("{} Nix files", files.len());
    Ok(sound)
}
