//! From an order for a project to what is to be fetched and brought up (contract §3.3).

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use persys_contract::{ComposeClone, ComposeRun, WORKLOAD_LABEL};
use persys_reference_base::Secret;
use url::Url;

use super::name::project_name;
use crate::docker::{DISPLAY_NAME_LABEL, InvalidRun, NODE_LABEL, is_reference};

/// Whom Git says it is when it shows a token; hosts look at the token alone.
const TOKEN_USER: &str = "x-access-token";

/// The longest branch name.
const BRANCH_MAX: usize = 250;

/// Where a project's compose file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder of the node.
    Folder(PathBuf),
    /// The compose file itself.
    File(String),
    Repository(Repository),
}

/// A Git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Without user and password.
    pub url: Url,
    pub branch: Option<String>,
    /// `user:password`.
    pub credentials: Option<Secret>,
}

/// An order that was found usable.
#[derive(Clone, Debug)]
pub struct ProjectSpec {
    pub workload_id: String,
    /// The project's name.
    pub project: String,
    pub labels: BTreeMap<String, String>,
    pub source: Source,
    /// For the compose file to refer to.
    pub variables: BTreeMap<String, String>,
}

impl ProjectSpec {
    pub fn from_run(order: ComposeRun, node_id: &str) -> Result<Self, InvalidRun> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let source = match (given(order.compose_dir), given(order.compose)) {
            (Some(folder), None) => Source::Folder(folder_of(folder)?),
            (None, Some(file)) => Source::File(decoded(&file)?),
            (None, None) => return wrong("composeDir", "or compose is needed"),
            (Some(_), Some(_)) => return wrong("compose", "must not go with composeDir"),
        };
        Self::new(order.workload_id, order.display_name, order.env_variables, source, node_id)
    }

    pub fn from_clone(order: ComposeClone, node_id: &str) -> Result<Self, InvalidRun> {
        let repository = Repository::new(&order.repo_url, order.branch, order.auth_token)?;
        let source = Source::Repository(repository);
        Self::new(order.workload_id, order.display_name, order.env_variables, source, node_id)
    }

    fn new(
        workload_id: String,
        display_name: String,
        variables: BTreeMap<String, String>,
        source: Source,
        node_id: &str,
    ) -> Result<Self, InvalidRun> {
        if !is_reference(&workload_id) {
            return wrong("workloadId", "must be 2 to 128 letters, digits, \"_\", \".\" or \"-\"");
        }
        if variables.iter().any(|(name, value)| {
            name.is_empty() || name.contains(['=', '\0']) || value.contains('\0')
        }) {
            return wrong("envVariables", "must have names without \"=\" and no NUL anywhere");
        }
        let labels = BTreeMap::from([
            (WORKLOAD_LABEL.to_owned(), workload_id.clone()),
            (DISPLAY_NAME_LABEL.to_owned(), display_name),
            (NODE_LABEL.to_owned(), node_id.to_owned()),
        ]);
        let project = project_name(&workload_id);
        Ok(Self { workload_id, project, labels, source, variables })
    }
}

impl Repository {
    fn new(url: &str, branch: Option<String>, token: Option<String>) -> Result<Self, InvalidRun> {
        let Some(mut url) = Url::parse(url.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        else {
            return wrong("repoUrl", "must be an http or https address");
        };
        let branch = branch.filter(|branch| !branch.is_empty());
        if branch.as_deref().is_some_and(|branch| !is_branch(branch)) {
            return wrong("branch", "must be the name of a branch");
        }
        let credentials = credentials(&url, token.filter(|token| !token.is_empty()))?;
        // A http address can always be without them.
        let stripped = url.set_username("").is_ok() && url.set_password(None).is_ok();
        if !stripped {
            return wrong("repoUrl", "must be an http or https address");
        }
        Ok(Self { url, branch, credentials })
    }
}

/// The token, or what the address itself brings along.
fn credentials(url: &Url, token: Option<String>) -> Result<Option<Secret>, InvalidRun> {
    if token.as_deref().is_some_and(|token| token.chars().any(char::is_control)) {
        return wrong("authToken", "must be without control characters");
    }
    let user = match url.username() {
        "" => TOKEN_USER,
        user => user,
    };
    let pair = match (token, url.password()) {
        (Some(token), _) => format!("{}:{token}", decoded_part(user)),
        (None, Some(password)) => format!("{}:{}", decoded_part(user), decoded_part(password)),
        (None, None) => return Ok(None),
    };
    Ok(Some(Secret::new(pair)))
}

/// As it was before it was made a part of an address.
fn decoded_part(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn wrong<T>(field: &'static str, reason: &'static str) -> Result<T, InvalidRun> {
    Err(InvalidRun { field, reason })
}

fn folder_of(text: String) -> Result<PathBuf, InvalidRun> {
    if !text.starts_with('/') || text.contains('\0') || text.split('/').any(|part| part == "..") {
        return wrong("composeDir", "must be an absolute path without \"..\"");
    }
    Ok(PathBuf::from(text))
}

fn decoded(file: &str) -> Result<String, InvalidRun> {
    // Encoders wrap their lines, some of them.
    let plain: String = file.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let Ok(bytes) = STANDARD.decode(plain) else {
        return wrong("compose", "must be base64");
    };
    String::from_utf8(bytes).or_else(|_| wrong("compose", "must be UTF-8 text in base64"))
}

/// Git itself checks the rest; it must not be taken for an option.
fn is_branch(name: &str) -> bool {
    name.len() <= BRANCH_MAX
        && !name.starts_with('-')
        && !name.contains("..")
        && !name.chars().any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c))
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
