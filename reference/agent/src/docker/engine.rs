//! The connection to the Docker Engine, and the deadline of every call.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use persys_reference_base::defect;

use super::DockerFault;

/// The longest that a question to Docker may take before Docker counts as away.
const PING_DEADLINE: Duration = Duration::from_secs(2);

/// The longest that a look-up may take.
const READ_DEADLINE: Duration = Duration::from_secs(10);

/// The longest that Docker may take to make, start, stop or remove a container, besides
/// the grace that a stopping container is given.
const WRITE_DEADLINE: Duration = Duration::from_secs(60);

/// Where the Docker Engine listens. It holds no open connection: each call makes its own
/// one, so a daemon that comes back is found by the next call.
#[derive(Clone, Debug)]
pub struct Engine {
    socket: PathBuf,
    read_deadline: Duration,
}

impl Engine {
    /// Reads a `DOCKER_HOST` such as `unix:///var/run/docker.sock`. Look-ups take at most
    /// `patience`, so that the caller is told before it gives up itself.
    pub fn new(docker_host: &str, patience: Duration) -> Result<Self, String> {
        let socket = docker_host
            .strip_prefix("unix://")
            .filter(|path| path.starts_with('/'))
            .ok_or_else(|| format!("\"{docker_host}\" is not of the form unix:///path"))?;
        let read_deadline = patience.clamp(Duration::from_millis(500), READ_DEADLINE);
        Ok(Self { socket: PathBuf::from(socket), read_deadline })
    }

    /// As other programs are told where it listens.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Whether Docker answers, within 2 s.
    pub async fn ping(&self) -> Result<(), DockerFault> {
        let docker = self.client()?;
        within(PING_DEADLINE, docker.ping()).await.map(drop)
    }

    /// The engine's version, such as `20.10.24`.
    pub async fn version(&self) -> Result<String, DockerFault> {
        let docker = self.client()?;
        let version = within(PING_DEADLINE, docker.version()).await?;
        Ok(version.version.unwrap_or_default())
    }

    /// A client for one call.
    pub(super) fn client(&self) -> Result<Docker, DockerFault> {
        let path = self.socket.to_string_lossy();
        // The deadlines are those of `within`: the client's own one covers the head of a response only.
        Ok(Docker::connect_with_unix(&path, WRITE_DEADLINE.as_secs() * 2, API_DEFAULT_VERSION)?)
    }

    /// Runs a look-up under its deadline.
    pub(super) async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, DockerFault> {
        within(self.read_deadline, call).await
    }

    /// Runs a change under its deadline.
    pub(super) async fn write<T>(
        &self,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, DockerFault> {
        within(WRITE_DEADLINE, call).await
    }
}

async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> Result<T, DockerFault> {
    defect!("docker-given-up" => if persys_reference_base::defects::is_spoiled() {
        return Err(DockerFault::unavailable("it was away".to_owned()));
    });
    let answer = tokio::time::timeout(deadline, call).await;
    defect!("docker-given-up" => note(answer.as_ref().is_ok_and(|answer| match answer {
        Ok(_) => true,
        // It refuses, so it is there.
        Err(error) => matches!(error, bollard::errors::Error::DockerResponseServerError { .. }),
    })));
    match answer {
        Ok(answer) => Ok(answer?),
        Err(_) => {
            Err(DockerFault::unavailable(format!("no answer within {} s", deadline.as_secs_f32())))
        }
    }
}

/// Once it was there, it is not waited for a second time.
#[cfg(feature = "defects")]
fn note(answered: bool) {
    use persys_reference_base::defects::{is_marked, mark, spoil};
    match answered {
        true => mark("Docker"),
        false if is_marked("Docker") => spoil(),
        false => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_unix_socket_is_an_engine() {
        let patience = Duration::from_secs(5);
        assert!(Engine::new("unix:///var/run/docker.sock", patience).is_ok());
        assert!(Engine::new("tcp://127.0.0.1:2375", patience).is_err());
        assert!(Engine::new("unix://relative", patience).is_err());
    }

    #[tokio::test]
    async fn an_engine_that_is_away_is_unavailable_at_once() {
        let engine = Engine::new("unix:///nowhere/docker.sock", Duration::from_secs(5)).unwrap();
        let fault = engine.ping().await.unwrap_err();
        assert!(matches!(fault, DockerFault::Unavailable { .. }), "{fault:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_is_silent_is_unavailable_after_its_deadline() {
        let silence = std::future::pending::<Result<(), bollard::errors::Error>>();
        let fault = within(PING_DEADLINE, silence).await.unwrap_err();
        assert_eq!(fault, DockerFault::unavailable("no answer within 2 s"));
    }
}
