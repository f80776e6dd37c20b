//! What can be wrong with a call to GitHub.

use persys_reference_base::defect;
use std::error::Error;

use persys_contract::ErrorCode;

/// Why GitHub did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    #[error("reach GitHub: {0}")]
    Unreachable(String),
    /// It answered, and the answer makes no sense.
    #[error("make sense of GitHub's answer: {0}")]
    Nonsense(String),
    /// It does not take the gateway for its app.
    #[error("be accepted as GitHub's app: {0}")]
    App(String),
    /// The code is unknown, used, too old or of another login.
    #[error("exchange the code: GitHub does not know it")]
    Code,
    /// The access token is revoked or too old.
    #[error("use the access token: GitHub no longer accepts it")]
    Token,
}

impl GitHubError {
    pub fn nonsense(what: impl Into<String>) -> Self {
        Self::Nonsense(what.into())
    }

    /// What the caller is told.
    pub fn refusal(&self) -> (ErrorCode, &'static str) {
        defect!("bad-code-is-our-fault" => if matches!(self, Self::Code) {
            return (ErrorCode::Internal, "the code cannot be exchanged");
        });
        defect!("github-away-is-our-fault" => if matches!(self, Self::Unreachable(_)) {
            return (ErrorCode::Internal, "GitHub cannot be reached");
        });
        match self {
            Self::Unreachable(_) => (ErrorCode::GithubUnreachable, "GitHub cannot be reached"),
            Self::Nonsense(_) => {
                (ErrorCode::GithubUnreachable, "GitHub's answer cannot be understood")
            }
            Self::App(_) => (ErrorCode::GithubUnreachable, "GitHub does not accept the gateway"),
            Self::Code => (ErrorCode::BadCode, "the code is unknown or was used before"),
            Self::Token => (ErrorCode::BadToken, "GitHub no longer accepts this login"),
        }
    }
}

impl From<reqwest::Error> for GitHubError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Unreachable("no answer in time".to_owned());
        }
        // The outermost text alone names only the address.
        let mut innermost: &dyn Error = &error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        Self::Unreachable(innermost.to_string())
    }
}
