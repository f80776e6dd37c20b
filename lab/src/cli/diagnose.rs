//! `persys-lab doctor`, and the same look before each start.

use anyhow::Result;

use super::{exit, say::say};
use crate::{
    doctor::{Finding, examine},
    plan::LabOptions,
};

pub fn doctor(options: &LabOptions) -> Result<u8> {
    let findings = examine(options);
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.iter().any(Finding::prevents) {
        return Ok(exit::LAB_FAILED);
    }
    println!("this host can run a lab");
    Ok(exit::DONE)
}

/// Whether a lab can run; says what prevents it.
pub fn fit(options: &LabOptions) -> bool {
    let mut fit = true;
    for finding in examine(options).iter().filter(|finding| finding.prevents()) {
        fit = false;
        say(finding);
    }
    fit
}
