//! What the command line selects of the table.

use super::{
    Exit,
    arguments::Selection,
    rerun::{RerunError, not_passed},
};
use crate::plan::{Filter, NothingSelected, Scenario, Selected};

/// Why nothing is run.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Nothing(#[from] NothingSelected),
    #[error(transparent)]
    Rerun(#[from] RerunError),
}

impl Refusal {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Rerun(RerunError::Unreadable(_)) => Exit::Usage,
            Self::Rerun(RerunError::AllPassed(_)) | Self::Nothing(_) => Exit::NothingSelected,
        }
    }
}

impl Selection {
    pub fn select(&self, table: &[&'static Scenario]) -> Result<(Filter, Vec<Selected>), Refusal> {
        let only = match &self.rerun {
            Some(folder) => not_passed(folder, table)?,
            None => self.only.clone(),
        };
        let (labels, skip) = (self.label.clone(), self.skip.clone());
        let filter = Filter { profile: self.profile, only, labels, skip };
        let selected = filter.select(table)?;
        Ok((filter, selected))
    }
}
