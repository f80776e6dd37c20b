//! The outermost process of a lab in the background: `persys-lab up` starts it
//! and reads its standard output, where it says how the start went.

use std::{
    env,
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
};

use anyhow::{Context, Result};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, setsid};
use tokio::{io::AsyncReadExt, net::unix::pipe};

use super::{args::Up, exit, run};
use crate::{
    names,
    outermost::Lab,
    plan::{self, Programs},
    signals::Signals,
};

/// Written when the lab is up; `up` waits for it.
pub const UP: &str = "up";

pub async fn hold(args: Up) -> Result<u8> {
    setsid().context("leave the terminal")?;
    let signals = Signals::take().context("take signals")?;
    let topology = plan::read_topology(&args.lab.topology)?;
    let programs = Programs::find(&args.lab)?;
    let claim = names::claim(args.lab.name.as_deref())?;
    // What a command in the lab is given is here, as a rule: machines with folders of their own still show it.
    let folder = env::current_dir().context("find the working folder")?;
    let spec = plan::plan(&claim.name, &topology, &args.lab, &programs, &[folder])?;
    let mut lab = Lab::start(claim, spec).await?;
    let up = tokio::select! {
        up = run::bring_up(&mut lab, args.lab.ready_within(), args.lab.verbose, &signals) => up,
        // Who started it does not wait any more.
        () = end_of_input() => Ok(false),
    };
    let code = match up {
        Ok(true) => {
            detach(lab.name())?;
            let collapse = lab.collapse();
            tokio::select! {
                _ = signals.next() => {}
                _ = lab.down.recv() => {}
                _ = collapse => {}
            }
            exit::DONE
        }
        Ok(false) => exit::INTERRUPTED,
        Err(error) => {
            super::say::say(format_args!("failed to {error:#}"));
            exit::LAB_FAILED
        }
    };
    lab.end().await?;
    Ok(code)
}

async fn end_of_input() {
    let input = io::stdin().as_fd().try_clone_to_owned().and_then(pipe::Receiver::from_owned_fd);
    if let Ok(mut input) = input {
        let mut nothing = Vec::new();
        let _ = input.read_to_end(&mut nothing).await;
    } else {
        std::future::pending().await
    }
}

/// Says that the lab is up and lets go of everything that leads to a terminal.
fn detach(name: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{UP} {name}").and_then(|()| stdout.flush()).context("tell that it is up")?;
    let null = File::options().read(true).write(true).open("/dev/null");
    let null = null.context("open /dev/null")?;
    dup2_stdin(&null)
        .and_then(|()| dup2_stdout(&null))
        .and_then(|()| dup2_stderr(&null))
        .context("let go of the terminal")
}
