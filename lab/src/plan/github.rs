//! What stands for GitHub, and what the gateway is told of it.

use std::collections::BTreeMap;

use persys_contract::topology::{MachineRole, Topology};

use super::{platform::readiness, site::Site};
use crate::spec::{ComponentSpec, Part};

/// The gateway as GitHub's OAuth app.
const CLIENT_ID: &str = "persys-test";
/// The port that an https address need not name.
const HTTPS: u16 = 443;

pub fn github(site: &Site, replaced: bool) -> ComponentSpec {
    let port = site.topology.ports.github;
    let mut spec = ComponentSpec::new(
        "github",
        // It stands for something that is not under test.
        Part::Infrastructure,
        site.programs.github.clone(),
        readiness(site, replaced, port),
    )
    .with_env("LISTEN", site.address(port).to_string())
    .with_env("DATA_DIR", site.data("github").to_string_lossy())
    .with_env("GITHUB_CLIENT_ID", CLIENT_ID)
    .with_env("GITHUB_CLIENT_SECRET_FILE", site.credential("github-client-secret"))
    .with_env("GITHUB_WEBHOOK_SECRET_FILE", site.credential("github-webhook-secret"))
    .with_env("GITHUB_CALLBACK_URL", format!("{}/auth/callback", public_url(site.topology)))
    .with_env("ADMIN_TOKEN_FILE", site.credential("github-admin-token"))
    // The gateway takes webhooks over mutual TLS alone.
    .with_env("WEBHOOK_CERT", site.credential("webhook.crt"))
    .with_env("WEBHOOK_KEY", site.credential("webhook.key"));
    spec.environment.extend(site.tls_env("TLS", "github"));
    spec
}

/// Nothing where no machine stands for GitHub.
pub fn gateway_environment(site: &Site) -> BTreeMap<String, String> {
    let Some((_, github)) = site.topology.with_role(MachineRole::Github).next() else {
        return BTreeMap::new();
    };
    let url = match site.topology.ports.github {
        HTTPS => format!("https://{}", github.address),
        port => format!("https://{}:{port}", github.address),
    };
    [
        ("GITHUB_API_URL", format!("{url}/api/v3")),
        ("GITHUB_URL", url),
        ("GITHUB_CLIENT_ID", CLIENT_ID.to_owned()),
        ("GITHUB_CLIENT_SECRET_FILE", site.credential("github-client-secret")),
        ("GITHUB_WEBHOOK_SECRET_FILE", site.credential("github-webhook-secret")),
        ("GITHUB_CA", site.credential("ca.crt")),
        ("JWT_KEY_FILE", site.credential("jwt-key")),
        ("PUBLIC_URL", public_url(site.topology)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The gateway's address as the client knows it.
fn public_url(topology: &Topology) -> String {
    format!("https://{}", topology.socket(MachineRole::Gateway, topology.ports.gateway))
}
