//! What the programs find in their environment: nothing of the agent's but what they need.

use std::path::Path;

use tokio::process::Command;

/// Where programs lie if the environment does not say.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How a node reaches the outside, and where it keeps its credentials for registries.
const HANDED_ON: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "DOCKER_CONFIG",
    "TMPDIR",
];

/// Variables that would change how the program itself runs, and where.
const RESERVED: [&str; 13] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_API_VERSION",
    "COMPOSE_FILE",
    "COMPOSE_PROJECT_NAME",
    "COMPOSE_ENV_FILES",
    "COMPOSE_API_VERSION",
];

/// The folders in which programs are looked for.
pub fn search_path() -> std::ffi::OsString {
    std::env::var_os("PATH").filter(|path| !path.is_empty()).unwrap_or_else(|| USUAL_PATH.into())
}

/// Empties a command's environment but for what every program needs. The agent's secret, say,
/// must not be there for a compose file to refer to.
pub fn confine(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        // Nothing that lies in a home folder is a part of docker-compose.
        .env("PYTHONNOUSERSITE", "1");
    for name in HANDED_ON {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// Whether an order may not set this variable.
pub fn is_reserved(name: &str) -> bool {
    let python = name.strip_prefix("PYTHON").is_some_and(|rest| !rest.starts_with('_'));
    RESERVED.contains(&name) || name.starts_with("LD_") || python
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_cannot_change_how_the_program_runs() {
        for name in ["PATH", "LD_PRELOAD", "PYTHONPATH", "PYTHON", "DOCKER_HOST"] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["PYTHON_VERSION", "DOCKER_TAG", "COMPOSE_PROFILES", "API_KEY", "path"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
