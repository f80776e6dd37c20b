//! From the command line to what is to be done.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use super::{
    args::{Cli, Command},
    clean, diagnose, down, exit, hold, logs, run,
    say::say,
    shell, status, up,
};
use crate::{dns, enter, init, janitor, machine, misuse::Misuse, signals};

pub fn main() -> ExitCode {
    signals::unblock_all();
    let result = match Cli::parse().command {
        Command::Run(args) => block_on(run::run(args)),
        Command::Up(args) => block_on(up::up(&args)),
        Command::Hold(args) => block_on(hold::hold(args)),
        Command::Down(args) => block_on(down::down(args)),
        Command::Status(args) => block_on(status::status(args)),
        Command::Shell(args) => block_on(shell::shell(args)),
        Command::Logs(args) => block_on(logs::logs(args)),
        Command::Doctor(args) => diagnose::doctor(&args.lab),
        Command::Clean => clean::clean(),
        Command::Janitor { lab } => janitor::run(&lab).map(|()| exit::DONE),
        // What goes wrong in these two they tell the outermost process.
        Command::Init { .. } => return first_process(init::run()),
        Command::Machine { .. } => return first_process(machine::run()),
        Command::Dns(options) => block_on(async { dns::serve(options).await.map(|()| exit::DONE) }),
        Command::Enter { pid, folder, command } => {
            enter::run(pid, &folder, &command).map(|code| u8::try_from(code).unwrap_or(1))
        }
    };
    match result {
        Ok(code) => code.into(),
        Err(error) => match error.downcast_ref::<Misuse>() {
            Some(misuse) => {
                say(misuse);
                exit::USAGE.into()
            }
            None => {
                say(format_args!("failed to {error:#}"));
                exit::LAB_FAILED.into()
            }
        },
    }
}

fn first_process(lived: Result<()>) -> ExitCode {
    if lived.is_ok() { exit::DONE.into() } else { exit::LAB_FAILED.into() }
}

/// On this thread alone: the lab's life is bound to the thread that starts it.
fn block_on(work: impl Future<Output = Result<u8>>) -> Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = tokio::task::LocalSet::new().block_on(&runtime, work);
    // A task that still reads a terminal must not keep the process.
    runtime.shutdown_background();
    done
}
