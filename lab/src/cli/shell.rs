//! `persys-lab shell`: a command on a machine, as somebody there would run it.

use std::path::Path;

use anyhow::{Context, Result};

use super::{args::Shell, command::OnMachine, find};
use crate::{paths, signals::Signals};

pub async fn shell(args: Shell) -> Result<u8> {
    let report = find::find(&args.which).await?;
    let (_, pid) = find::machine(&report, &args.machine)?;
    let signals = Signals::take().context("take signals")?;
    let mut environment = Vec::new();
    let command = if args.command.is_empty() {
        environment.push(("PS1".to_owned(), format!("{}# ", args.machine)));
        let bash = Path::new("/bin/bash");
        let shell: &[&str] =
            if bash.exists() { &["/bin/bash", "--norc", "--noprofile"] } else { &["/bin/sh"] };
        shell.iter().map(|&word| word.to_owned()).collect()
    } else {
        args.command
    };
    let mut command = OnMachine::start(pid, Path::new(paths::HOME), &environment, &command)?;
    let ended = command.wait(&signals).await?;
    Ok(ended.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
