//! `persys-lab up`: starts a lab's outermost process in the background and waits
//! until the lab is up.

use std::{env, process::Stdio};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::{args::Up, diagnose, exit, hold, run, say::say};
use crate::plan;

pub async fn up(args: &Up) -> Result<u8> {
    if let Err(error) = plan::read_topology(&args.lab.topology) {
        say(format_args!("failed to {error:#}"));
        return Ok(exit::USAGE);
    }
    if !diagnose::fit(&args.lab) {
        return Ok(exit::LAB_FAILED);
    }
    run::clean_up_after_the_dead();
    let mut holder = Command::new(env::current_exe().context("find this program")?)
        .arg("__hold")
        // The options are the same; the word before them is not.
        .args(env::args_os().skip(2))
        // Its end tells the holder that nobody waits any more.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start the lab's process")?;
    let news = holder.stdout.take().context("hear from the lab's process")?;
    let mut line = String::new();
    BufReader::new(news).read_line(&mut line).await.context("hear from the lab's process")?;
    let Some(name) = line.trim().strip_prefix(hold::UP) else {
        // It has said why.
        let status = holder.wait().await.context("wait for the lab's process")?;
        return Ok(status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(exit::LAB_FAILED));
    };
    let name = name.trim();
    say(format_args!(
        "`persys-lab shell --name {name} MACHINE`, `persys-lab logs --name {name} MACHINE`, \
         `persys-lab down --name {name}`"
    ));
    Ok(exit::DONE)
}
