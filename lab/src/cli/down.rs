//! `persys-lab down`.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, interval};

use super::{args::Down, exit, find, say::say};
use crate::{
    names,
    outermost::{Question, ask},
};

const PATIENCE: Duration = Duration::from_secs(40);
/// The kernel gives no notice when a name gets free.
const POLL: Duration = Duration::from_millis(20);

pub async fn down(args: Down) -> Result<u8> {
    let labs = if args.all { names::living()? } else { vec![find::name(&args.which)?] };
    for lab in &labs {
        ask(lab, Question::Down).await?;
    }
    for lab in &labs {
        wait_for_end(lab).await?;
        say(format_args!("lab {lab} is down"));
    }
    if labs.is_empty() {
        say("no lab is up");
    }
    Ok(exit::DONE)
}

async fn wait_for_end(lab: &String) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = interval(POLL);
    while names::living_or_ending()?.contains(lab) {
        if Instant::now() > deadline {
            bail!("see the end of the lab {lab} within {} s", PATIENCE.as_secs());
        }
        ticks.tick().await;
    }
    Ok(())
}
