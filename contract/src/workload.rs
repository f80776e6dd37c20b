//! A workload and what makes one invalid (contract §2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DesiredState, WorkloadStatus};

/// The largest request body, in bytes, that a scheduler takes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The longest workload name, in characters.
const NAME_MAX: usize = 63;

/// The longest name of a branch, in bytes.
const BRANCH_MAX: usize = 250;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadType {
    DockerContainer,
    DockerCompose,
    GitCompose,
}

/// Docker's restart policies; who restarts what is decided in contract §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    No,
    Always,
    OnFailure,
    UnlessStopped,
}

impl RestartPolicy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Always => "always",
            Self::OnFailure => "on-failure",
            Self::UnlessStopped => "unless-stopped",
        }
    }
}

/// What a workload asks of its node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadResources {
    /// Cores.
    pub cpu: f64,
    /// Bytes.
    pub memory: u64,
}

/// What the reconciler last did to a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadMetadata {
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reconciliation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reconciliation_action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reconciliation_success: Option<bool>,
    pub reconciliation_retry_count: u32,
    /// Why the workload is `Failed` or cannot run, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A workload as it travels and as it is kept at `/workloads/<id>`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Workload {
    /// A UUID; made by the scheduler when absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    pub name: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<WorkloadType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Split into words as a POSIX shell would; no shell runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// A folder on the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_path: Option<String>,
    /// A compose file in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_repo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_branch: Option<String>,
    /// Never comes back in a response and is in no log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_token: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env_vars: BTreeMap<String, String>,
    /// `"8080:80"`: the node's port, then the container's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// `"/on/the/node:/in/the/container[:ro]"`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// All of them must be among the node's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<WorkloadResources>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<WorkloadStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_state: Option<DesiredState>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The last 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<WorkloadMetadata>,
}

/// The answer to `POST /workloads/schedule`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleReply {
    #[serde(rename = "workloadId")]
    pub workload_id: String,
    pub node_id: String,
    pub status: WorkloadStatus,
}

/// A field of a workload that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidWorkload {
    pub field: &'static str,
    pub reason: String,
}

/// One entry of [`Workload::ports`], read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortMapping {
    /// On the node.
    pub host: u16,
    pub container: ImagePort,
}

/// A port inside a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImagePort {
    pub number: u16,
    pub udp: bool,
}

impl PortMapping {
    /// Reads `"8080:80"` or `"8080:80/udp"`.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, container) = text.split_once(':')?;
        let (number, udp) = match container.split_once('/') {
            None | Some((_, "tcp")) => (container.trim_end_matches("/tcp"), false),
            Some((number, "udp")) => (number, true),
            Some(_) => return None,
        };
        let port = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|&n| plain && n > 0)
        };
        let container = ImagePort { number: port(number)?, udp };
        Some(Self { host: port(host)?, container })
    }
}

impl Workload {
    /// What is wrong with a workload that a client submits, field by field. The
    /// shell splitting of `command` is left to the caller that has a splitter.
    pub fn validate(&self) -> Result<(), InvalidWorkload> {
        let wrong = |field, reason: &str| Err(InvalidWorkload { field, reason: reason.to_owned() });
        if !self.id.is_empty() && !is_uuid(&self.id) {
            return wrong("id", "must be a UUID, or absent");
        }
        if !is_name(&self.name) {
            return wrong("name", "must match [a-z0-9][a-z0-9-]{0,62}");
        }
        let present = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.trim().is_empty());
        match self.kind {
            None => {
                return wrong("type", "must be docker-container, docker-compose or git-compose");
            }
            Some(WorkloadType::DockerContainer) if !present(&self.image) => {
                return wrong("image", "is needed by type docker-container");
            }
            Some(WorkloadType::DockerCompose)
                if !present(&self.local_path) && !present(&self.compose) =>
            {
                return wrong("localPath", "or compose is needed by type docker-compose");
            }
            Some(WorkloadType::GitCompose) if !present(&self.git_repo) => {
                return wrong("gitRepo", "is needed by type git-compose");
            }
            Some(_) => {}
        }
        if let Some(image) = &self.image
            && (image.len() > 255 || image.chars().any(|c| c.is_whitespace() || c.is_control()))
        {
            return wrong("image", "must be a reference of at most 255 characters without blanks");
        }
        for port in &self.ports {
            if PortMapping::parse(port).is_none() {
                return wrong("ports", "must look like \"8080:80\", each number from 1 to 65535");
            }
        }
        for volume in &self.volumes {
            if !is_volume(volume) {
                return wrong(
                    "volumes",
                    "must look like \"/on/the/node:/in/the/container\" without \"..\", with :ro or :rw at most",
                );
            }
        }
        for (name, value) in &self.env_vars {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return wrong("envVars", "must have names without \"=\" and no NUL anywhere");
            }
        }
        if self.command.as_ref().is_some_and(|c| c.contains('\0')) {
            return wrong("command", "must not contain NUL");
        }
        if let Some(path) = &self.local_path
            && (!path.starts_with('/') || path.split('/').any(|part| part == ".."))
        {
            return wrong("localPath", "must be an absolute path without \"..\"");
        }
        if let Some(repo) = &self.git_repo {
            match repository_user(repo) {
                None => return wrong("gitRepo", "must be an http or https address"),
                // It would be shown with the address.
                Some(user) if user.contains(':') => {
                    return wrong("gitRepo", "must bear no password; give it as gitToken");
                }
                Some(_) => {}
            }
        }
        if self.git_branch.as_ref().is_some_and(|branch| !is_branch(branch)) {
            return wrong("gitBranch", "must be the name of a branch");
        }
        if self.git_token.as_ref().is_some_and(|token| token.chars().any(char::is_control)) {
            return wrong("gitToken", "must be without control characters");
        }
        if let Some(resources) = &self.resources
            && !(resources.cpu.is_finite() && resources.cpu >= 0.0)
        {
            return wrong("resources", "must have a cpu of 0 or more cores");
        }
        if self.desired_state == Some(DesiredState::Deleted) {
            return wrong("desiredState", "must be Running or Stopped for a new workload");
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= NAME_MAX
        && name.bytes().next().is_some_and(lower)
        && name.bytes().all(|b| lower(b) || b == b'-')
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(i, c)| match i {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit() && !c.is_ascii_uppercase(),
        })
}

/// The user in the address of a repository, empty when there is none; nothing when it is no
/// address.
fn repository_user(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    (plain && !host.is_empty() && !host.starts_with(':')).then_some(user)
}

/// Whether Git could take it for a branch, and for nothing else. An empty name is the
/// repository's own choice.
fn is_branch(name: &str) -> bool {
    name.len() <= BRANCH_MAX
        && !name.starts_with('-')
        && !name.contains("..")
        && !name.chars().any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c))
}

fn is_volume(text: &str) -> bool {
    let mut parts = text.split(':');
    let absolute = |part: Option<&str>| {
        part.is_some_and(|p| {
            p.starts_with('/') && !p.contains('\0') && p.split('/').all(|d| d != "..")
        })
    };
    absolute(parts.next())
        && absolute(parts.next())
        && matches!(parts.next(), None | Some("ro" | "rw"))
        && parts.next().is_none()
}

#[cfg(test)]
#[path = "workload_tests.rs"]
mod tests;
