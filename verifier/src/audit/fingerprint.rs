//! By what a defect was judged.

use std::{fs, path::Path};

use ring::digest::{Context, SHA256};

use super::{Defect, lab::Lab};
use crate::bisect::BisectError;

/// A digest of the programs and the machines; whatever changes it has to be judged again.
pub fn of_programs(lab: &Lab) -> Result<String, BisectError> {
    let mut digest = Context::new(&SHA256);
    for file in lab.files() {
        digest.update(&read(&file)?);
    }
    Ok(hex(digest))
}

/// The same, of one defect.
pub fn of_defect(programs: &str, defect: &Defect, options: &str) -> String {
    let mut digest = Context::new(&SHA256);
    let steps = [defect.steps.as_slice(), defect.with.as_slice()].concat().join(" ");
    for part in [programs, &defect.name, &defect.component, &steps, options] {
        digest.update(part.as_bytes());
        digest.update(b"\n");
    }
    hex(digest)
}

fn read(file: &Path) -> Result<Vec<u8>, BisectError> {
    fs::read(file).map_err(|error| {
        BisectError::usage(format!("failed to read {}: {error}; build it first", file.display()))
    })
}

fn hex(digest: Context) -> String {
    digest.finish().as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
