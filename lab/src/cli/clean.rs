//! `persys-lab clean`: what labs that were killed left behind. All else the
//! kernel takes away with their processes.

use std::time::Duration;

use anyhow::Result;

use super::{exit, say::say};
use crate::{cgroups, names};

const PATIENCE: Duration = Duration::from_secs(10);

pub fn clean() -> Result<u8> {
    let dead = dead_labs()?;
    for lab in &dead {
        clean_lab(lab)?;
        say(format_args!("removed the control groups of the lab {lab}"));
    }
    if dead.is_empty() {
        say("nothing is left of any lab that is not up");
    }
    Ok(exit::DONE)
}

/// Labs that have control groups but neither an outermost process nor a janitor.
pub fn dead_labs() -> Result<Vec<String>> {
    // In this order: a lab that starts in between has its name before its groups.
    let mut labs = cgroups::labs();
    let living = names::living_or_ending()?;
    labs.retain(|lab| !living.contains(lab));
    Ok(labs)
}

/// Holds the janitor's name meanwhile, so that no lab of that name starts.
pub fn clean_lab(lab: &str) -> Result<()> {
    let _turn = names::claim_janitor(lab, PATIENCE)?;
    cgroups::remove(lab, PATIENCE)
}
