//! Acts on containers behind the agent's back, by the Docker Engine of the machine.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use bollard::{
    Docker,
    errors::Error,
    query_parameters::{
        InspectContainerOptions, KillContainerOptions, RemoveContainerOptionsBuilder,
        StopContainerOptions,
    },
};
use tokio::time::{Instant, sleep};

use crate::{
    protocol::{Action, Capability, ContainerState, RefusalCode},
    refused::Refused,
};

/// The Docker Engine at a unix socket.
#[derive(Clone, Debug)]
pub struct Containers {
    socket: PathBuf,
}

impl Containers {
    /// More than Docker gives a container to stop, in seconds.
    const TIMEOUT: u64 = 30;
    const KILL_PATIENCE: Duration = Duration::from_secs(5);
    const POLL: Duration = Duration::from_millis(30);

    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// The path in a `DOCKER_HOST` value.
    pub fn socket_of(docker_host: &str) -> Option<&Path> {
        let path = docker_host.strip_prefix("unix://").unwrap_or(docker_host);
        path.starts_with('/').then(|| Path::new(path))
    }

    /// Whether there is a socket.
    pub fn exist(&self) -> bool {
        self.socket.exists()
    }

    /// Does as told and looks at the container afterwards.
    pub async fn act(&self, action: &Action) -> Result<ContainerState, Refused> {
        let (Action::ContainerKill { container }
        | Action::ContainerStop { container }
        | Action::ContainerRemove { container }
        | Action::ContainerPause { container }
        | Action::ContainerUnpause { container }) = action
        else {
            return Err(Refused::new(RefusalCode::BadRequest, "this is no act on a container"));
        };
        check_name(container)?;
        let docker = self.connect().await?;
        let outcome = match action {
            Action::ContainerKill { .. } => {
                docker.kill_container(container, None::<KillContainerOptions>).await
            }
            Action::ContainerStop { .. } => {
                docker.stop_container(container, None::<StopContainerOptions>).await
            }
            Action::ContainerRemove { .. } => {
                let forced = RemoveContainerOptionsBuilder::default().force(true).build();
                docker.remove_container(container, Some(forced)).await
            }
            Action::ContainerPause { .. } => docker.pause_container(container).await,
            _ => docker.unpause_container(container).await,
        };
        outcome.map_err(refused)?;
        let deadline = Instant::now() + Self::KILL_PATIENCE;
        loop {
            let found = look(&docker, container).await?;
            // A kill is answered before the container has ended.
            let dying = matches!(action, Action::ContainerKill { .. }) && found.status == "running";
            if !dying || Instant::now() >= deadline {
                return Ok(found);
            }
            sleep(Self::POLL).await;
        }
    }

    async fn connect(&self) -> Result<Docker, Refused> {
        let path = self.socket.to_string_lossy();
        if !self.exist() {
            return Err(Refused::unsupported(Capability::Docker, &format!("no socket at {path}")));
        }
        let docker = Docker::connect_with_unix(&path, Self::TIMEOUT, bollard::API_DEFAULT_VERSION)
            .map_err(refused)?;
        // Engines refuse clients that are newer than they are.
        docker.negotiate_version().await.map_err(refused)
    }
}

async fn look(docker: &Docker, container: &str) -> Result<ContainerState, Refused> {
    match docker.inspect_container(container, None::<InspectContainerOptions>).await {
        Ok(found) => Ok(ContainerState {
            id: found.id.unwrap_or_else(|| container.to_owned()),
            status: found
                .state
                .and_then(|state| state.status)
                .map_or_else(|| "unknown".to_owned(), |status| status.to_string()),
        }),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => {
            Ok(ContainerState { id: container.to_owned(), status: "removed".to_owned() })
        }
        Err(error) => Err(refused(error)),
    }
}

/// The name becomes part of a request's path.
fn check_name(container: &str) -> Result<(), Refused> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let starts_well = container.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && container.len() <= 255 && container.chars().all(allowed) {
        return Ok(());
    }
    Err(Refused::new(RefusalCode::BadRequest, "this cannot be a container's id or name"))
}

fn refused(error: Error) -> Refused {
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            let code = match status_code {
                404 => RefusalCode::UnknownContainer,
                304 | 409 => RefusalCode::Conflict,
                _ => RefusalCode::Failed,
            };
            Refused::new(code, format!("docker answered {status_code}: {message}"))
        }
        other => {
            let error = format!("the docker engine did not answer: {other}");
            Refused::new(RefusalCode::BackendUnavailable, error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_in_docker_host() {
        let path = Path::new("/var/run/docker.sock");
        assert_eq!(Containers::socket_of("unix:///var/run/docker.sock"), Some(path));
        assert_eq!(Containers::socket_of("/var/run/docker.sock"), Some(path));
        assert_eq!(Containers::socket_of("tcp://127.0.0.1:2375"), None);
    }

    #[test]
    fn names_cannot_leave_their_place_in_the_path() {
        assert!(check_name("7f3a9c").is_ok());
        for name in ["", "a/b", "../x", "a?force=1", ".hidden", "a b"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[tokio::test]
    async fn a_machine_without_docker_says_so() {
        let containers = Containers::new("/nowhere/docker.sock");
        let action = Action::ContainerKill { container: "web".to_owned() };
        let refused = containers.act(&action).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::Unsupported);
        assert_eq!(refused.missing, Some(Capability::Docker));
    }
}
