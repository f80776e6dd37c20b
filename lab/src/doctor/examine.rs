//! All checks, in the order in which a reader can act on them.

use super::{finding::Finding, host, kernel, software};
use crate::plan::{LabOptions, Programs};

/// Nothing found means that a lab can run.
pub fn examine(options: &LabOptions) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(host::root());
    findings.extend(host::topology(options));
    match Programs::find(options) {
        Ok(programs) => {
            findings.extend(software::system(options, &programs));
            findings.extend(software::built(options, &programs));
        }
        Err(error) => findings.push(Finding::new(
            format!("failed to {error:#}"),
            "check the paths given on the command line",
        )),
    }
    findings.extend(host::folders());
    findings.extend(host::leftovers());
    // The trials need root and the programs.
    if !findings.iter().any(Finding::prevents) {
        findings.extend(kernel::trials());
        findings.extend(kernel::control_groups());
    }
    findings
}
