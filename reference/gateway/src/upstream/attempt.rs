//! One request to one scheduler.

use std::sync::Arc;

use super::{
    answer::Answer,
    connection::{Connection, SendError},
    connector::{ConnectError, Connector},
    outgoing::Outgoing,
    scheduler::Scheduler,
};

/// Why one scheduler gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// No connection was made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection went before the request was written to it.
    #[error("send the request: {}", cause(.0))]
    Unsent(hyper::Error),
    /// The scheduler may have got the request.
    #[error("get an answer: {}", cause(.0))]
    Broken(hyper::Error),
}

impl AttemptError {
    /// Whether the scheduler cannot have got the request.
    pub fn was_never_sent(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Unsent(_))
    }

    /// Whether the scheduler is there and does not answer.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Connect(ConnectError::HandshakeTimeout))
    }

    /// The certificate's fault, if it is why the scheduler was not talked to.
    pub fn distrust(&self) -> Option<&rustls::Error> {
        match self {
            Self::Connect(ConnectError::Untrusted(error)) => Some(error),
            _ => None,
        }
    }
}

/// What is behind an error of the connection; its own text only says that it broke.
fn cause(error: &hyper::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// Sends a request on a new connection. That one can be made shows that the
/// scheduler lives at this moment, which an idle connection does not.
pub async fn attempt_anew(
    connector: &Connector,
    scheduler: &Arc<Scheduler>,
    outgoing: &Outgoing,
) -> Result<Answer, AttemptError> {
    let connection = connector.connect(scheduler.endpoint()).await?;
    exchange(connection, scheduler, outgoing).await
}

/// Sends a safe request on an idle connection or, where that fails, on a new one.
pub async fn attempt_safely(
    connector: &Connector,
    scheduler: &Arc<Scheduler>,
    outgoing: &Outgoing,
) -> Result<Answer, AttemptError> {
    debug_assert!(outgoing.is_safe());
    if let Some(connection) = scheduler.take_idle()
        && let Ok(answer) = exchange(connection, scheduler, outgoing).await
    {
        return Ok(answer);
    }
    attempt_anew(connector, scheduler, outgoing).await
}

/// Sends a request on a connection and reads the answer.
pub async fn exchange(
    mut connection: Connection,
    scheduler: &Arc<Scheduler>,
    outgoing: &Outgoing,
) -> Result<Answer, AttemptError> {
    let request = outgoing.request(&scheduler.endpoint().to_string());
    let response = connection.send(request).await.map_err(|error| match error {
        SendError::Unsent(error) => AttemptError::Unsent(error),
        SendError::Broken(error) => AttemptError::Broken(error),
    })?;
    Answer::read(response, connection, scheduler).await.map_err(AttemptError::Broken)
}
