//! Why Docker did not do what it was asked.

use bollard::errors::Error as Bollard;
use persys_contract::ErrorCode;

/// A refusal by the Docker Engine, or its silence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DockerFault {
    /// There is no answer: the daemon is away, hangs or broke off. The text is for the log.
    #[error("docker does not answer")]
    Unavailable { detail: String },
    /// Docker's own answer, in its words.
    #[error("{message}")]
    Refused { status: u16, message: String },
}

impl DockerFault {
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::Unavailable { detail: detail.into() }
    }

    /// Whether Docker says that the thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether Docker says that the thing is there already, or is being removed.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { status: 409, .. })
    }

    /// The code of the response that passes the fault on (contract §3.3). A 404 or 400 of
    /// Docker is not passed on as such: it speaks of an image, a network or a command, whereas
    /// the caller asked about a container, in a body that was good.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unavailable { .. } => ErrorCode::DockerUnavailable,
            Self::Refused { status: 409, .. } => ErrorCode::Conflict,
            Self::Refused { .. } => ErrorCode::DockerError,
        }
    }
}

impl From<Bollard> for DockerFault {
    fn from(error: Bollard) -> Self {
        match error {
            Bollard::DockerResponseServerError { status_code, message } => {
                Self::Refused { status: status_code, message: message.trim().to_owned() }
            }
            // An error in the midst of a stream, as a pull reports it after its 200.
            Bollard::DockerStreamError { error } => {
                Self::Refused { status: 500, message: error.trim().to_owned() }
            }
            error @ (Bollard::JsonDataError { .. } | Bollard::JsonSerdeError { .. }) => {
                let message = format!("docker's answer cannot be read: {error}");
                Self::Refused { status: 500, message }
            }
            other => Self::unavailable(chain(&other)),
        }
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status_code: u16) -> DockerFault {
        Bollard::DockerResponseServerError { status_code, message: " no such thing\n".into() }
            .into()
    }

    #[test]
    fn docker_s_words_are_kept_and_its_status_becomes_a_code() {
        assert_eq!(refused(404).to_string(), "no such thing");
        assert_eq!(refused(404).code(), ErrorCode::DockerError);
        assert_eq!(refused(409).code(), ErrorCode::Conflict);
        assert_eq!(refused(400).code(), ErrorCode::DockerError);
        assert_eq!(refused(500).code(), ErrorCode::DockerError);
    }

    #[test]
    fn what_is_no_answer_is_unavailable_and_tells_no_detail() {
        let fault = DockerFault::from(Bollard::SocketNotFoundError("/secret/docker.sock".into()));
        assert_eq!(fault.code(), ErrorCode::DockerUnavailable);
        assert_eq!(fault.to_string(), "docker does not answer");
        assert!(matches!(fault, DockerFault::Unavailable { detail } if detail.contains("sock")));
    }

    #[test]
    fn a_pull_that_fails_halfway_is_a_refusal() {
        let fault = DockerFault::from(Bollard::DockerStreamError { error: "no route".into() });
        assert_eq!(fault, DockerFault::Refused { status: 500, message: "no route".into() });
    }
}
