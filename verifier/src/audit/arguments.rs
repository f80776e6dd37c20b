//! What `audit` can be told.

use std::path::PathBuf;

use clap::Args;

use super::Part;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every defect was caught; 2 some were missed, or an audit of \
                  everything has found an idle step without a reason; 3 some could not be judged; \
                  4 the sound platform does not pass; 128 a wrong option or file; 130 interrupted."
)]
pub struct Audit {
    /// The list of defects [default: reference/defects.json here or above this program]
    #[arg(long, value_name = "FILE")]
    pub defects: Option<PathBuf>,
    /// Why steps stand that catch nothing [default: idle-steps.json beside the list of defects,
    /// if there is one]
    #[arg(long, value_name = "FILE")]
    pub reasons: Option<PathBuf>,
    /// The folder with the platform's programs that take a defect from their environment
    /// [default: beside this program]
    #[arg(long, value_name = "DIR")]
    pub bin_dir: Option<PathBuf>,
    /// The machines [default: topology.json here or above this program]
    #[arg(long, value_name = "FILE", env = "PERSYS_TOPOLOGY")]
    pub topology: Option<PathBuf>,
    /// persys-lab [default: beside this program, or in PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub lab: Option<PathBuf>,
    /// Labs side by side [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
    /// Only this defect; can be repeated
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Only the I-th of N shares of the defects
    #[arg(long, value_name = "I/N")]
    pub part: Option<Part>,
    /// Show the defects and the steps that ought to notice them, and judge nothing
    #[arg(long)]
    pub list: bool,
    /// Print the list of defects in Markdown, and judge nothing
    #[arg(long, conflicts_with = "list")]
    pub document: bool,
    /// Do not judge again what the results tell of the same programs
    #[arg(long)]
    pub resume: bool,
    /// Run on after the first step that notices, to learn of all that do
    #[arg(long)]
    pub whole: bool,
    /// A run that takes so many times as long as the baseline is given up
    #[arg(long, value_name = "X", default_value_t = 4.0, value_parser = multiple)]
    pub budget: f64,
    /// Multiplies every budget of a run's steps; auto measures this machine
    #[arg(long, value_name = "X|auto")]
    pub timeout_scale: Option<String>,
    /// Leave it to random faults alone to notice, with the plan of this seed, a minute long
    #[arg(long, value_name = "SEED", num_args = 0..=1, default_missing_value = "1")]
    pub chaos: Option<u64>,
    /// The folder for the results [default: results/audit, with --chaos results/audit-chaos]
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// Further options of `persys-lab run`, after --
    #[arg(last = true, value_name = "OPTION")]
    pub lab_options: Vec<String>,
}

impl Audit {
    pub fn folder(&self) -> PathBuf {
        let usual = if self.chaos.is_some() { "results/audit-chaos" } else { "results/audit" };
        self.results.clone().unwrap_or_else(|| usual.into())
    }

    /// Whether it is to say of every step whether it is idle: all of a run is seen, for
    /// every defect.
    pub fn is_complete(&self) -> bool {
        self.whole && self.only.is_empty() && self.part.is_none()
    }
}

fn multiple(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (1.0..=1000.0).contains(&value) => Ok(value),
        _ => Err("must be a number from 1 to 1000".to_owned()),
    }
}
