//! Why a workload file cannot be used.

use persys_contract::InvalidWorkload;

/// Follows "failed to"; names the file, the field and the mend.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadFileError {
    #[error("read {file}: {problem}")]
    Syntax { file: String, problem: String },
    #[error("use {file}: {field}: {problem}; {mend}")]
    Field { file: String, field: String, problem: String, mend: String },
    #[error("use {file}: {invalid}")]
    Invalid { file: String, invalid: InvalidWorkload },
}

impl WorkloadFileError {
    pub(super) fn field(
        file: &str,
        field: impl Into<String>,
        problem: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::Field {
            file: file.to_owned(),
            field: field.into(),
            problem: problem.into(),
            mend: mend.into(),
        }
    }
}
