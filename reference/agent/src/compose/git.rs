//! Clones a repository with the real `git`.
//!
//! Credentials go to the program in its environment (`GIT_CONFIG_*`), which only its user
//! can read: never in its arguments, which everybody on the node can, nor in the clone's
//! own configuration, which containers may be given. With credentials no redirection is
//! followed, as they would go along to a host that nobody named.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use persys_reference_base::Secret;
use tokio::process::Command;

use super::environment::confine;
use super::fault::ProjectFault;
use super::message::{Redaction, gist};
use super::process::run;
use super::spec::Repository;

const NAME: &str = "git";

/// How long a clone may take in all, and how long the other side may be silent, in seconds.
const CLONE_DEADLINE: Duration = Duration::from_secs(300);
const SILENCE_SECONDS: u32 = 30;

/// How a node clones.
#[derive(Clone, Debug)]
pub struct Git {
    home: PathBuf,
    /// Whom to trust, PEM; the system's authorities when absent.
    ca: Option<PathBuf>,
}

impl Git {
    pub fn new(home: &Path, ca: Option<&Path>) -> Self {
        Self { home: home.to_owned(), ca: ca.map(Path::to_owned) }
    }

    /// Clones the head of a branch into a folder that is not there yet.
    pub async fn clone(
        &self,
        repository: &Repository,
        into: &Path,
        given_up: impl Future<Output = ()>,
    ) -> Result<(), ProjectFault> {
        let ended = run(self.command(repository, into), CLONE_DEADLINE, given_up)
            .await
            .map_err(|fault| ProjectFault::of_process(NAME, fault))?;
        if ended.success {
            return Ok(());
        }
        let message = match refusal(&ended.stderr, repository.credentials.is_some()) {
            Some(refusal) => refusal.to_owned(),
            None => gist(&ended.stderr, &redaction(repository, &[into, &self.home])),
        };
        Err(ProjectFault::Refused { program: NAME, message })
    }

    fn command(&self, repository: &Repository, into: &Path) -> Command {
        let mut command = Command::new(NAME);
        confine(&mut command, &self.home);
        command
            .args(["clone", "--quiet", "--depth=1", "--single-branch", "--template="])
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", "http:https")
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "1")
            .env("GIT_HTTP_LOW_SPEED_TIME", SILENCE_SECONDS.to_string());
        if let Some(branch) = &repository.branch {
            command.arg(format!("--branch={branch}"));
        }
        command.arg("--").arg(repository.url.as_str()).arg(into);
        if let Some(ca) = &self.ca {
            command.env("GIT_SSL_CAINFO", ca);
        }
        // What a repository brings along is not to be run.
        let mut settings = vec![("core.hooksPath".to_owned(), "/dev/null".to_owned())];
        if let Some(credentials) = &repository.credentials {
            let header = format!("Authorization: Basic {}", encoded(credentials));
            settings.push((format!("http.{}.extraHeader", repository.url), header));
            settings.push(("http.followRedirects".to_owned(), "false".to_owned()));
        }
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (index, (key, value)) in settings.into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command
    }
}

/// What Git says of a host that asks for credentials speaks of prompts and terminals.
fn refusal(complaint: &str, with_credentials: bool) -> Option<&'static str> {
    let asked = ["could not read Username", "could not read Password", "Authentication failed"];
    if !asked.iter().any(|text| complaint.contains(text)) {
        return None;
    }
    Some(match with_credentials {
        true => "the repository cannot be opened: the token is refused",
        false => {
            "the repository cannot be opened: it is not there, or it is closed to all without a token"
        }
    })
}

fn redaction(repository: &Repository, folders: &[&Path]) -> Redaction {
    let known = Redaction::default().secrets(secrets_of(repository));
    folders.iter().fold(known, |known, folder| known.folder(folder))
}

fn encoded(credentials: &Secret) -> String {
    STANDARD.encode(credentials.expose())
}

/// The credentials in every form in which the program has them.
fn secrets_of(repository: &Repository) -> Vec<Secret> {
    let Some(pair) = &repository.credentials else { return Vec::new() };
    let password = pair.expose().split_once(':').map_or("", |(_, password)| password);
    vec![Secret::new(encoded(pair)), pair.clone(), Secret::new(password)]
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn repository(credentials: Option<&str>) -> Repository {
        Repository {
            url: Url::parse("https://git.host/a/b.git").unwrap(),
            branch: Some("main".into()),
            credentials: credentials.map(Secret::new),
        }
    }

    #[test]
    fn credentials_are_in_the_environment_and_in_no_argument() {
        let git = Git::new(Path::new("/state"), Some(Path::new("/ca.pem")));
        let command = git.command(&repository(Some("me:t0ken")), Path::new("/state/x"));
        let encoded = STANDARD.encode("me:t0ken");
        let command = command.as_std();
        for argument in command.get_args() {
            let argument = argument.to_string_lossy();
            assert!(!argument.contains("t0ken") && !argument.contains(&encoded), "{argument}");
        }
        let variables: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?.to_owned())))
            .collect();
        let header = ("GIT_CONFIG_VALUE_1", format!("Authorization: Basic {encoded}"));
        assert!(variables.contains(&header), "{variables:?}");
        let scope = "http.https://git.host/a/b.git.extraHeader".to_owned();
        assert!(variables.contains(&("GIT_CONFIG_KEY_1", scope)));
        assert!(variables.contains(&("GIT_SSL_CAINFO", "/ca.pem".to_owned())));
    }

    #[test]
    fn no_form_of_the_credentials_is_told() {
        let said = format!("fatal: {} and t0ken and me:t0ken", STANDARD.encode("me:t0ken"));
        let told = gist(&said, &redaction(&repository(Some("me:t0ken")), &[]));
        assert_eq!(told, "*** and *** and ***");
    }
}
