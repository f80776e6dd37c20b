//! CoreDNS, or the embedded server in its stead, under the same component name.

use std::{net::SocketAddr, path::PathBuf};

use super::site::Site;
use crate::spec::{ComponentSpec, FileSpec, Part, Readiness};

/// Where CoreDNS tells that it is ready; on its own machine only.
const READY_PORT: u16 = 8181;
const HEALTH_PORT: u16 = 8180;

pub fn coredns(site: &Site, program: PathBuf) -> ComponentSpec {
    let ready = SocketAddr::from(([127, 0, 0, 1], READY_PORT));
    let readiness = Readiness::Http { address: ready, path: "/ready".to_owned() };
    let corefile = site.data("coredns").join("Corefile");
    let args = ["-conf".to_owned(), corefile.to_string_lossy().into_owned()];
    let mut spec =
        ComponentSpec::new("coredns", Part::Infrastructure, program, readiness).with_args(args);
    spec.files.push(FileSpec::new(corefile, 0o644, text(site, ready)));
    spec
}

pub fn embedded(site: &Site, program: PathBuf) -> ComponentSpec {
    let mut spec = ComponentSpec::new("coredns", Part::Infrastructure, program, Readiness::Notify)
        .with_args(["__dns"])
        .with_args(["--listen".to_owned(), site.address(site.topology.ports.dns).to_string()])
        .with_args(["--domain", &site.topology.domain])
        .with_args(["--endpoints".to_owned(), site.etcd_endpoints().join(",")]);
    if site.topology.etcd.tls {
        spec = spec.with_args(["--cert".to_owned(), site.credential("etcd-client.crt")]);
        spec = spec.with_args(["--key".to_owned(), site.credential("etcd-client.key")]);
        spec = spec.with_args(["--ca".to_owned(), site.credential("ca.crt")]);
    }
    spec
}

/// The least time to live is given too: without it CoreDNS keeps every answer
/// for five seconds (contract §1 allows two).
fn text(site: &Site, ready: SocketAddr) -> String {
    let domain = &site.topology.domain;
    let port = site.topology.ports.dns;
    let address = site.machine.address;
    let endpoints = site.etcd_endpoints().join(" ");
    let tls = if site.topology.etcd.tls {
        format!(
            "\n        tls {} {} {}",
            site.credential("etcd-client.crt"),
            site.credential("etcd-client.key"),
            site.credential("ca.crt")
        )
    } else {
        String::new()
    };
    format!(
        "{domain}:{port} {{
    bind {address}
    errors
    log
    ready {ready}
    health 127.0.0.1:{HEALTH_PORT}
    etcd {{
        path /skydns
        endpoint {endpoints}{tls}
    }}
    cache 2 {{
        success 9984 2 0
        denial 9984 1 0
    }}
}}
"
    )
}
