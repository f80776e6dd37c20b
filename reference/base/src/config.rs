//! Configuration by environment or by flags of the same name (contract §1, §8).

use std::{fmt, path::PathBuf, time::Duration};

use clap::Args;
use persys_contract::SignatureKey;

/// A value that stops the start; the text names the variable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("neither {0} nor {0}_FILE is set")]
    Absent(&'static str),
    #[error("both {0} and {0}_FILE are set; only one may be")]
    Ambiguous(&'static str),
    #[error("{0} is empty")]
    Empty(&'static str),
    #[error("cannot read {variable} {path}: {cause}")]
    Unreadable { variable: &'static str, path: PathBuf, cause: std::io::Error },
    #[error("{variable} names {path}, which is empty")]
    EmptyFile { variable: &'static str, path: PathBuf },
}

/// The secret that schedulers and agents share.
#[derive(Args, Clone)]
pub struct AgentSecret {
    /// The secret that schedulers and agents share.
    #[arg(long, env = "AGENT_SECRET", value_name = "AGENT_SECRET", hide_env_values = true)]
    agent_secret: Option<String>,
    /// A file with that secret; blanks at its end do not count.
    #[arg(long, env = "AGENT_SECRET_FILE", value_name = "AGENT_SECRET_FILE")]
    agent_secret_file: Option<PathBuf>,
}

impl fmt::Debug for AgentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentSecret")
            .field("agent_secret_file", &self.agent_secret_file)
            .finish_non_exhaustive()
    }
}

impl AgentSecret {
    /// Reads the secret from wherever it was given.
    pub fn key(&self) -> Result<SignatureKey, ConfigError> {
        const VARIABLE: &str = "AGENT_SECRET";
        const FILE_VARIABLE: &str = "AGENT_SECRET_FILE";
        match (&self.agent_secret, &self.agent_secret_file) {
            (None, None) => Err(ConfigError::Absent(VARIABLE)),
            (Some(_), Some(_)) => Err(ConfigError::Ambiguous(VARIABLE)),
            (Some(secret), None) if secret.is_empty() => Err(ConfigError::Empty(VARIABLE)),
            (Some(secret), None) => Ok(SignatureKey::new(secret.as_bytes())),
            (None, Some(path)) => {
                let secret = std::fs::read(path).map_err(|cause| ConfigError::Unreadable {
                    variable: FILE_VARIABLE,
                    path: path.clone(),
                    cause,
                })?;
                let secret = secret.trim_ascii_end();
                if secret.is_empty() {
                    return Err(ConfigError::EmptyFile {
                        variable: FILE_VARIABLE,
                        path: path.clone(),
                    });
                }
                Ok(SignatureKey::new(secret))
            }
        }
    }
}

/// Reads seconds, possibly fractional: more than 0 and at most a year.
pub fn seconds(text: &str) -> Result<Duration, String> {
    const YEAR: f64 = 366.0 * 86_400.0;
    let value: f64 = text.trim().parse().map_err(|_| format!("\"{text}\" is not a number"))?;
    if !(value > 0.0 && value <= YEAR) {
        return Err(format!("\"{text}\" is not between 0 and {YEAR} seconds"));
    }
    Duration::try_from_secs_f64(value).map_err(|error| error.to_string())
}

/// The platform's timings. The defaults are the production values.
#[derive(Args, Clone, Debug)]
pub struct Timings {
    /// Seconds between two heartbeats of an agent.
    #[arg(long, env = "HEARTBEAT_INTERVAL", value_name = "HEARTBEAT_INTERVAL", value_parser = seconds,
          default_value = "30")]
    pub heartbeat_interval: Duration,
    /// Seconds of silence after which a node is inactive.
    #[arg(long, env = "NODE_TIMEOUT", value_name = "NODE_TIMEOUT", value_parser = seconds,
          default_value = "300")]
    pub node_timeout: Duration,
    /// Seconds between two looks at every container.
    #[arg(long, env = "MONITOR_INTERVAL", value_name = "MONITOR_INTERVAL", value_parser = seconds,
          default_value = "60")]
    pub monitor_interval: Duration,
    /// Seconds between two comparisons of desired and actual state.
    #[arg(long, env = "RECONCILE_INTERVAL", value_name = "RECONCILE_INTERVAL", value_parser = seconds,
          default_value = "120")]
    pub reconcile_interval: Duration,
    /// Seconds between two searches for schedulers.
    #[arg(long, env = "DISCOVERY_INTERVAL", value_name = "DISCOVERY_INTERVAL", value_parser = seconds,
          default_value = "60")]
    pub discovery_interval: Duration,
    /// Seconds that a request to another component may take.
    #[arg(long, env = "REQUEST_TIMEOUT", value_name = "REQUEST_TIMEOUT", value_parser = seconds,
          default_value = "30")]
    pub request_timeout: Duration,
    /// Seconds that a signature's timestamp may be off, either way.
    #[arg(long, env = "SIGNATURE_WINDOW", value_name = "SIGNATURE_WINDOW", value_parser = seconds,
          default_value = "30")]
    pub signature_window: Duration,
}

/// The mutual TLS files of a service, by the contract's names.
#[derive(Args, Clone, Debug)]
pub struct TlsFiles {
    /// The certificate in PEM.
    #[arg(long, env = "TLS_CERT", value_name = "TLS_CERT")]
    pub tls_cert: PathBuf,
    /// Its private key in PEM.
    #[arg(long, env = "TLS_KEY", value_name = "TLS_KEY")]
    pub tls_key: PathBuf,
    /// The certificate authority that both sides trust, in PEM.
    #[arg(long, env = "TLS_CA", value_name = "TLS_CA")]
    pub tls_ca: PathBuf,
}

impl TlsFiles {
    pub fn credentials(&self) -> persys_identity::Credentials {
        persys_identity::Credentials {
            cert: self.tls_cert.clone(),
            key: self.tls_key.clone(),
            ca: self.tls_ca.clone(),
        }
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
