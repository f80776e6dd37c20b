//! etcd, with mutual TLS where the topology says so.

use std::{net::SocketAddr, path::PathBuf};

use super::site::Site;
use crate::spec::{ComponentSpec, Part, Readiness};

/// Where etcd tells its health without TLS; on its own machine only.
const HEALTH_PORT: u16 = 2381;

pub fn etcd(site: &Site, program: PathBuf) -> ComponentSpec {
    let health = SocketAddr::from(([127, 0, 0, 1], HEALTH_PORT));
    let readiness = Readiness::Http { address: health, path: "/health".to_owned() };
    let scheme = if site.topology.etcd.tls { "https" } else { "http" };
    let client_url = format!("{scheme}://{}", site.address(site.topology.ports.etcd));
    // A cluster of one needs no peers, but wants to listen for them.
    let peer_url = "http://127.0.0.1:2380";
    let mut args = vec![
        format!("--name={}", site.name),
        format!("--data-dir={}", site.data("etcd").join("data").display()),
        format!("--listen-client-urls={client_url}"),
        format!("--advertise-client-urls={client_url}"),
        format!("--listen-peer-urls={peer_url}"),
        format!("--initial-advertise-peer-urls={peer_url}"),
        format!("--initial-cluster={}={peer_url}", site.name),
        format!("--listen-metrics-urls=http://{health}"),
        "--logger=zap".to_owned(),
    ];
    if site.topology.etcd.tls {
        args.extend([
            format!("--cert-file={}", site.credential("etcd.crt")),
            format!("--key-file={}", site.credential("etcd.key")),
            format!("--trusted-ca-file={}", site.credential("ca.crt")),
            "--client-cert-auth=true".to_owned(),
        ]);
    }
    ComponentSpec::new("etcd", Part::Infrastructure, program, readiness).with_args(args)
}
