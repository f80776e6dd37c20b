//! The user's program does not talk to whoever happens to listen.

use std::net::IpAddr;

use persys_contract::{component, topology::MachineRole};
use persys_identity::{Authority, CertificateSpec, IssuedCertificate};
use serde_json::json;

use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    scenarios::support::{Manner, RogueServer, authority, unmade},
};

/// The exit code for a gateway that cannot be reached (contract §1).
const UNREACHABLE: Option<i32> = Some(3);

pub async fn distrusts(cx: &mut Context) -> StepResult {
    let authority = authority(cx)?;
    let host = IpAddr::V4(cx.topology().one(MachineRole::Client).1.address);
    let gateway = cx.topology().one(MachineRole::Gateway);
    let server = CertificateSpec::server(component::GATEWAY);
    let right = server.clone().with_dns(gateway.0).with_ip(host);
    let elsewhere = server.with_dns(gateway.0).with_ip(gateway.1.address);
    let foreign = Authority::create().and_then(|foreign| foreign.issue(&right)).map_err(unmade)?;
    let elsewhere = authority.issue(&elsewhere).map_err(unmade)?;
    let trusted = authority.issue(&right).map_err(unmade)?;

    let mut checks = cx.checks();
    // With nothing wrong it is believed: the two refusals are about the certificate alone.
    for (what, shown, believed) in [
        ("the network's own certificate for this address", trusted, true),
        ("a foreign authority's certificate", foreign, false),
        ("the true gateway's name and address", elsewhere, false),
    ] {
        let (exit_code, requests) = ask(cx, &authority, host, &shown).await?;
        cx.record("rogue", format!("a gateway with {what}"), json!({ "requests": requests }));
        let name = format!("requests to a gateway with {what}");
        checks.is_true(&name, requests.is_empty() != believed, format!("{requests:?}"));
        if !believed {
            checks.equal(&format!("exit code at {what}"), exit_code, UNREACHABLE);
        }
    }
    checks.finish()
}

/// Runs the program against a gateway with this certificate: its exit code, and
/// what it sent.
async fn ask(
    cx: &Context,
    authority: &Authority,
    host: IpAddr,
    shown: &IssuedCertificate,
) -> Result<(Option<i32>, Vec<String>), StepError> {
    let rogue = RogueServer::start(host, shown, authority, Manner::AnswersAll).await?;
    let url = format!("https://{}", rogue.address);
    let run = cx.cli().run(["--gateway", &url, "node", "list"]).await?;
    Ok((run.exit_code, rogue.visits().requests))
}
