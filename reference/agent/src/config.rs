//! The agent's configuration: environment or flags of the same name (contract §1, §8).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Parser;
use persys_contract::{NODE_ID_RULE, is_node_id};
use persys_reference_base::config::{AgentSecret, Timings};

/// Runs workloads on this node's Docker Engine as a scheduler orders.
#[derive(Clone, Debug, Parser)]
#[command(name = "persys-agent", version)]
pub struct Config {
    /// Where the API listens.
    #[arg(long, env = "LISTEN", value_name = "LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// The schedulers' plain listeners, such as http://10.0.0.3:8084; tried in turn.
    #[arg(long, env = "CENTRAL_URL", value_name = "CENTRAL_URL", value_delimiter = ',',
          required = true, value_parser = scheduler)]
    pub central_url: Vec<String>,
    #[command(flatten)]
    pub secret: AgentSecret,
    /// This node's id [default: the hostname].
    #[arg(long, env = "NODE_ID", value_name = "NODE_ID")]
    pub node_id: Option<String>,
    /// The address at which schedulers reach this node [default: that of LISTEN].
    #[arg(long, env = "NODE_IP", value_name = "NODE_IP")]
    pub node_ip: Option<IpAddr>,
    /// The port at which schedulers reach this agent [default: that of LISTEN].
    #[arg(long, env = "AGENT_PORT", value_name = "AGENT_PORT")]
    pub agent_port: Option<u16>,
    /// What workloads may ask of their node: zone=a,disk=ssd.
    #[arg(long, env = "NODE_LABELS", value_name = "NODE_LABELS", value_parser = labels,
          default_value = "")]
    pub node_labels: Labels,
    /// The Docker Engine's socket.
    #[arg(
        long,
        env = "DOCKER_HOST",
        value_name = "DOCKER_HOST",
        default_value = "unix:///var/run/docker.sock"
    )]
    pub docker_host: String,
    /// Where the files of compose projects are kept; theirs alone, and this agent's.
    #[arg(
        long,
        env = "STATE_DIR",
        value_name = "STATE_DIR",
        default_value = "/run/persys/lib/persys-agent",
        value_parser = absolute
    )]
    pub state_dir: PathBuf,
    /// Whom Git trusts when it clones, PEM [default: the system's authorities].
    #[arg(long, env = "GIT_CA", value_name = "GIT_CA", value_parser = absolute)]
    git_ca: Option<PathBuf>,
    #[command(flatten)]
    pub timings: Timings,
}

/// Labels, as one argument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(pub BTreeMap<String, String>);

impl Config {
    /// The node's id: the configured one, or the hostname.
    pub fn node_id(&self, hostname: &str) -> anyhow::Result<String> {
        let id = self.node_id.clone().unwrap_or_else(|| hostname.to_owned());
        // A scheduler would refuse it for ever.
        if !is_node_id(&id) {
            bail!("use NODE_ID \"{id}\": it {NODE_ID_RULE}");
        }
        Ok(id)
    }

    /// The file of whom Git trusts, if there is one; it must be there.
    pub fn git_ca(&self) -> anyhow::Result<Option<PathBuf>> {
        if let Some(path) = &self.git_ca {
            std::fs::read(path).with_context(|| format!("read GIT_CA {}", path.display()))?;
        }
        Ok(self.git_ca.clone())
    }

    /// The node's address: the configured one, or that of the listener if it is a certain one.
    pub fn node_ip(&self) -> anyhow::Result<IpAddr> {
        let listening = Some(self.listen.ip()).filter(|ip| !ip.is_unspecified());
        self.node_ip
            .or(listening)
            .context("find this node's address: NODE_IP is not set, and LISTEN names none")
    }
}

fn absolute(text: &str) -> Result<PathBuf, String> {
    match Path::new(text) {
        path if path.is_absolute() => Ok(path.to_owned()),
        _ => Err("it must be an absolute path".to_owned()),
    }
}

fn scheduler(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let rest = text.strip_prefix("http://").ok_or("it must begin with http://")?;
    match rest.parse::<axum::http::uri::Authority>() {
        Ok(authority) if !authority.host().is_empty() => Ok(text.to_owned()),
        _ => Err("it must look like http://10.0.0.3:8084".to_owned()),
    }
}

fn labels(text: &str) -> Result<Labels, String> {
    let mut labels = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                labels.insert(name.trim().to_owned(), value.trim().to_owned());
            }
            _ => return Err(format!("\"{pair}\" is not of the form name=value")),
        }
    }
    Ok(Labels(labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(arguments: &[&str]) -> Result<Config, clap::Error> {
        let fixed = ["persys-agent", "--central-url", "http://10.0.0.3:8084,http://10.0.0.4:8084/"];
        Config::try_parse_from(fixed.iter().chain(arguments))
    }

    #[test]
    fn schedulers_are_a_list_of_plain_addresses() {
        let config = config(&[]).unwrap();
        assert_eq!(config.central_url, ["http://10.0.0.3:8084", "http://10.0.0.4:8084"]);
        for odd in ["https://10.0.0.3", "10.0.0.3:8084", "http://", "http://a b"] {
            assert!(scheduler(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn labels_are_pairs() {
        let wanted = BTreeMap::from([("zone".into(), "a".into()), ("x".into(), "1=2".into())]);
        assert_eq!(labels(" zone=a, x=1=2,").unwrap().0, wanted);
        assert_eq!(labels("").unwrap(), Labels::default());
        assert!(labels("zone").is_err());
        assert!(labels("=a").is_err());
    }

    #[test]
    fn the_node_has_an_address_or_the_start_fails_naming_the_variable() {
        let error = config(&[]).unwrap().node_ip().unwrap_err();
        assert!(error.to_string().contains("NODE_IP"));
        let listening = config(&["--listen", "10.0.0.5:8080"]).unwrap();
        assert_eq!(listening.node_ip().unwrap().to_string(), "10.0.0.5");
        let given = config(&["--node-ip", "10.0.0.6"]).unwrap();
        assert_eq!(given.node_ip().unwrap().to_string(), "10.0.0.6");
    }

    #[test]
    fn the_node_s_id_is_the_hostname_unless_it_is_given() {
        assert_eq!(config(&[]).unwrap().node_id("box").unwrap(), "box");
        assert_eq!(config(&["--node-id", "n1"]).unwrap().node_id("box").unwrap(), "n1");
        for refused in ["a/b", "a_b", "-a", "Scheduler", ""] {
            let id = format!("--node-id={refused}");
            let error = config(&[&id]).unwrap().node_id("box").unwrap_err().to_string();
            assert!(error.contains("NODE_ID") && error.contains("begin with"), "{error}");
        }
        // Nor may a hostname stand in for it that no scheduler takes.
        assert!(config(&[]).unwrap().node_id("my_box").is_err());
    }
}
