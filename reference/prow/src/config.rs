//! What a scheduler is told at its start (contract §1).

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use persys_contract::Discovery;
use persys_identity::{Credentials, LoadedCredentials};
use persys_reference_base::config::{AgentSecret, Timings, TlsFiles};

/// Places workloads on nodes and keeps them as they are wanted.
#[derive(Parser, Debug)]
#[command(name = "prow-scheduler", version)]
pub struct Config {
    /// Where the contract's routes are served with mutual TLS.
    #[arg(long, env = "LISTEN_TLS", value_name = "LISTEN_TLS")]
    pub listen_tls: SocketAddr,
    /// Where nodes register and beat, and where health and metrics are.
    #[arg(long, env = "LISTEN_PLAIN", value_name = "LISTEN_PLAIN")]
    pub listen_plain: SocketAddr,
    #[command(flatten)]
    pub tls: TlsFiles,
    /// The store's addresses: `https://ip:2379`, comma between them.
    #[arg(
        long,
        env = "ETCD_ENDPOINTS",
        value_name = "ETCD_ENDPOINTS",
        value_delimiter = ',',
        required = true
    )]
    pub etcd_endpoints: Vec<String>,
    /// The certificate for the store, in PEM.
    #[arg(long, env = "ETCD_CERT", value_name = "ETCD_CERT")]
    pub etcd_cert: Option<PathBuf>,
    /// Its private key.
    #[arg(long, env = "ETCD_KEY", value_name = "ETCD_KEY")]
    pub etcd_key: Option<PathBuf>,
    /// The authority that the store's certificate comes from.
    #[arg(long, env = "ETCD_CA", value_name = "ETCD_CA")]
    pub etcd_ca: Option<PathBuf>,
    /// The domain of the discovery records.
    #[arg(long, env = "DOMAIN", value_name = "DOMAIN", default_value = "persys.local")]
    pub domain: String,
    /// The label under which schedulers are found.
    #[arg(long, env = "DISCOVERY_SERVICE", value_name = "DISCOVERY_SERVICE", default_value = Discovery::SERVICE)]
    pub discovery_service: String,
    /// This scheduler's name among the others; the host's name by default.
    #[arg(long, env = "INSTANCE", value_name = "INSTANCE")]
    pub instance: Option<String>,
    /// The address that discovery gives out; the one of LISTEN_TLS by default.
    #[arg(long, env = "ADVERTISE_IP", value_name = "ADVERTISE_IP")]
    pub advertise_ip: Option<IpAddr>,
    #[command(flatten)]
    pub secret: AgentSecret,
    #[command(flatten)]
    pub timings: Timings,
}

impl Config {
    /// This scheduler's name: a DNS label, as it stands in discovery.
    pub fn instance(&self) -> anyhow::Result<String> {
        let name = match &self.instance {
            Some(name) => name.clone(),
            None => std::fs::read_to_string("/proc/sys/kernel/hostname")
                .context("INSTANCE is not set and the host's name cannot be read")?
                .trim()
                .split('.')
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        ensure!(
            !name.is_empty() && name.len() <= 63 && name.bytes().all(plain),
            "INSTANCE \"{name}\" is not a name of 1 to 63 letters, digits and hyphens"
        );
        Ok(name)
    }

    /// The credentials for the store; none when it is reached without TLS.
    pub fn etcd_credentials(&self) -> anyhow::Result<Option<LoadedCredentials>> {
        for endpoint in &self.etcd_endpoints {
            ensure!(
                endpoint.starts_with("https://") || endpoint.starts_with("http://"),
                "ETCD_ENDPOINTS: \"{endpoint}\" does not begin with https:// or http://"
            );
        }
        let secure = self.etcd_endpoints.iter().filter(|e| e.starts_with("https://")).count();
        if secure == 0 {
            return Ok(None);
        }
        ensure!(secure == self.etcd_endpoints.len(), "ETCD_ENDPOINTS must not mix https and http");
        let (Some(cert), Some(key), Some(ca)) = (&self.etcd_cert, &self.etcd_key, &self.etcd_ca)
        else {
            bail!("ETCD_CERT, ETCD_KEY and ETCD_CA must be set for https ETCD_ENDPOINTS");
        };
        let files = Credentials { cert: cert.clone(), key: key.clone(), ca: ca.clone() };
        let loaded = files.load().map_err(|error| anyhow::anyhow!("cannot {error}"))?;
        Ok(Some(loaded))
    }
}
