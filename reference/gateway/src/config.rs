//! The gateway's configuration (contract §1).

use std::net::{IpAddr, SocketAddr};

use clap::Parser;
use persys_contract::Discovery;
use persys_reference_base::config::{Timings, TlsFiles};

use crate::github::GitHubArguments;

/// The port of DNS, when COREDNS_ADDR names none.
const DNS_PORT: u16 = 53;

/// Takes the clients' requests over mutual TLS and forwards them to a scheduler.
#[derive(Clone, Debug, Parser)]
#[command(name = crate::SERVICE, version)]
pub struct Config {
    /// Where clients are served over mutual TLS.
    #[arg(long, env = "LISTEN_TLS", value_name = "LISTEN_TLS", default_value = "0.0.0.0:8551")]
    pub listen_tls: SocketAddr,
    /// Where /, /health and /metrics are served without TLS.
    #[arg(long, env = "LISTEN_PLAIN", value_name = "LISTEN_PLAIN", default_value = "0.0.0.0:8085")]
    pub listen_plain: SocketAddr,
    #[command(flatten)]
    pub tls: TlsFiles,
    /// The name server that knows the schedulers; port 53 if it names none.
    #[arg(long, env = "COREDNS_ADDR", value_name = "COREDNS_ADDR", value_parser = name_server)]
    pub coredns_addr: SocketAddr,
    /// The platform's DNS zone.
    #[arg(long, env = "DOMAIN", value_name = "DOMAIN", default_value = "persys.local")]
    pub domain: String,
    /// The label of the schedulers' SRV records.
    #[arg(long, env = "DISCOVERY_SERVICE", value_name = "DISCOVERY_SERVICE",
          default_value = Discovery::SERVICE)]
    pub discovery_service: String,
    /// A scheduler to use while discovery finds none.
    #[arg(long, env = "PROW_SCHEDULER_ADDR", value_name = "PROW_SCHEDULER_ADDR")]
    pub prow_scheduler_addr: Option<SocketAddr>,
    #[command(flatten)]
    pub timings: Timings,
    #[command(flatten)]
    pub github: GitHubArguments,
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    let with_port = text.parse::<SocketAddr>();
    let alone = || text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
    with_port
        .or_else(|_| alone())
        .map_err(|_| "expected an IP address, with or without a port".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(coredns: &str) -> Result<Config, clap::Error> {
        Config::try_parse_from([
            "api-gateway",
            "--tls-cert",
            "a",
            "--tls-key",
            "b",
            "--tls-ca",
            "c",
            "--coredns-addr",
            coredns,
        ])
    }

    #[test]
    fn the_name_server_s_port_is_53_unless_given() {
        assert_eq!(parse("10.0.0.1").unwrap().coredns_addr, "10.0.0.1:53".parse().unwrap());
        assert_eq!(parse("10.0.0.1:5353").unwrap().coredns_addr, "10.0.0.1:5353".parse().unwrap());
        let refusal = parse("dns.example").unwrap_err().to_string();
        assert!(refusal.contains("COREDNS_ADDR") && refusal.contains("dns.example"), "{refusal}");
    }

    #[test]
    fn the_defaults_are_the_contract_s() {
        let config = parse("10.0.0.1").unwrap();
        assert_eq!(config.listen_tls.port(), 8551);
        assert_eq!(config.listen_plain.port(), 8085);
        assert_eq!(config.domain, "persys.local");
        assert_eq!(config.discovery_service, "_prow-scheduler");
        assert_eq!(config.prow_scheduler_addr, None);
    }
}
