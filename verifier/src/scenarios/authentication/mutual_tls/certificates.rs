//! Who is let in and who is not, by certificate and version.

use persys_contract::{
    ErrorCode, Role,
    topology::{Feature, MachineRole},
};
use persys_identity::{CertificateSpec, IssuedCertificate, RefusalReason};
use rustls::AlertDescription;

use super::{
    routes::EveryRoute,
    server::{PATH, Server},
    unfit::Unfit,
};
use crate::{
    context::Context,
    evidence::StepResult,
    probe::{HelloReply, HelloVersion, TlsOffer, TlsOutcome, TlsVersion},
    scenarios::support::{Refusals, Refused, authority, unmade, until_serves},
};

/// Every role that the server serves is let in with this version.
pub async fn let_in(cx: &mut Context, server: Server, version: TlsVersion) -> StepResult {
    let authority = authority(cx)?;
    let mut checks = cx.checks();
    for door in server.doors(cx)? {
        // Whose run begins here has a platform that may only just have started.
        until_serves(cx, &door.component, &door.api).await?;
        for &role in server.served() {
            let shown = authority.issue(&CertificateSpec::client(role)).map_err(unmade)?;
            let attempt = door.tls.attempt(&TlsOffer::new(version, Some(shown)), PATH).await?;
            let name = format!("status for {role} with {version} at {}", door.component);
            match &attempt.outcome {
                TlsOutcome::Answered { exchange, .. } => checks.equal(&name, exchange.status, 200),
                other => checks.is_true(&name, false, other.to_string()),
            };
        }
    }
    checks.finish()
}

/// In both versions the handshake ends with the right alert; log and counter tell of it.
pub async fn refused(cx: &mut Context, server: Server, unfit: Unfit) -> StepResult {
    let authority = authority(cx)?;
    for door in server.doors(cx)? {
        let refusals = Refusals::begin(cx, &door.component).await?;
        let mut refused = Vec::new();
        let mut checks = cx.checks();
        for version in TlsVersion::ALL {
            let shown = unfit.certificate(&authority, server.user()).map_err(unmade)?;
            let attempt = door.tls.attempt(&TlsOffer::new(version, shown), PATH).await?;
            let alert = attempt.outcome.alert();
            checks.is_true(
                &format!("{} refuses with {version}", door.component),
                alert.is_some_and(|alert| unfit.alerts().contains(&alert)),
                format!("expected one of {:?}; it was {}", unfit.alerts(), attempt.outcome),
            );
            refused.push(Refused::at(attempt.local));
        }
        checks.finish()?;
        refusals.told(cx, unfit.reason().as_str(), &refused).await?;
    }
    Ok(())
}

/// A certificate that is good in all but its role is refused by HTTP, whatever is asked.
pub async fn wrong_role(cx: &mut Context, server: Server) -> StepResult {
    let authority = authority(cx)?;
    let mut strangers = Vec::new();
    for role in Role::ALL.into_iter().filter(|role| !server.served().contains(role)) {
        strangers.push(authority.issue(&CertificateSpec::client(role)).map_err(unmade)?);
    }
    let mut without = CertificateSpec::client(server.user());
    without.role = None;
    let without = authority.issue(&without).map_err(unmade)?;
    strangers.push(IssuedCertificate { name: "without a role".to_owned(), ..without });

    let every = EveryRoute::prepare(cx).await?;
    let ids = cx.topology().platform.has(Feature::RequestId);
    let host = cx.topology().one(MachineRole::Client).1.address;
    let reason = ErrorCode::RoleNotAllowed;
    for door in server.doors(cx)? {
        let refusals = Refusals::begin(cx, &door.component).await?;
        let mut refused = Vec::new();
        let mut checks = cx.checks();
        for shown in &strangers {
            for version in TlsVersion::ALL {
                let offer = TlsOffer::new(version, Some(shown.clone()));
                let attempt = door.tls.attempt(&offer, PATH).await?;
                let answer = attempt.outcome.answer();
                checks.is_true(
                    &format!("{} refuses {} with {version}", door.component, shown.name),
                    answer.is_some_and(|exchange| exchange.is_refusal(reason)),
                    format!("expected 403 {reason}; it was {}", attempt.outcome),
                );
                refused.push(Refused::at(attempt.local));
            }
        }
        let stranger = door.api.as_role(server.stranger().as_str())?;
        for request in every.requests.clone() {
            let what = format!("{} {} from {}", request.method, request.path, server.stranger());
            let answer = stranger.send(request).await?;
            let detail = format!("expected 403 {reason}; {answer}");
            let name = format!("{} refuses {what}", door.component);
            checks.is_true(&name, answer.is_refusal(reason), detail);
            let id = answer.request_id.as_deref().filter(|_| ids);
            refused.push(Refused::request(host, id));
        }
        every.without_effect(cx, &mut checks).await?;
        checks.finish()?;
        refusals.told(cx, reason.as_str(), &refused).await?;
    }
    Ok(())
}

/// The same hello is taken up with TLS 1.2 and refused with what is older.
pub async fn old_version(cx: &mut Context, server: Server) -> StepResult {
    for door in server.doors(cx)? {
        let mut checks = cx.checks();
        let (_, reply) = door.tls.say_hello(HelloVersion::Tls12).await?;
        checks.equal("answer to TLS 1.2", reply, HelloReply::ServerHello { minor: 3 });
        let refusals = Refusals::begin(cx, &door.component).await?;
        let mut refused = Vec::new();
        for version in [HelloVersion::Tls10, HelloVersion::Tls11] {
            let (local, reply) = door.tls.say_hello(version).await?;
            let expected = HelloReply::Alert(AlertDescription::ProtocolVersion);
            checks.equal(&format!("answer of {} to {version}", door.component), reply, expected);
            refused.push(Refused::at(local));
        }
        checks.finish()?;
        refusals.told(cx, RefusalReason::ProtocolVersion.as_str(), &refused).await?;
    }
    Ok(())
}

/// A server's certificate bears its names and its address and no others: a
/// client that means somebody else does not go on.
pub async fn wrong_name(cx: &mut Context, server: Server) -> StepResult {
    let authority = authority(cx)?;
    let spec = CertificateSpec::client(server.user());
    let shown = authority.issue(&spec).map_err(unmade)?;
    let domain = cx.topology().domain.clone();
    let mut checks = cx.checks();
    for door in server.doors(cx)? {
        let machine = &door.component.machine;
        let right =
            [door.tls.address().ip().to_string(), machine.clone(), format!("{machine}.{domain}")];
        let other = cx.topology().machines.iter().find(|(name, _)| *name != machine);
        let mut wrong = vec![format!("elsewhere.{domain}"), format!("{machine}.other.local")];
        wrong.extend(other.iter().map(|(name, _)| (*name).clone()));
        wrong.extend(other.iter().map(|(_, machine)| machine.address.to_string()));
        for (names, trusted) in [(&right[..], true), (&wrong[..], false)] {
            for name in names {
                let offer = TlsOffer::new(TlsVersion::Tls13, Some(shown.clone()));
                let attempt = door.tls.attempt(&offer.to_server_named(name), PATH).await?;
                let held = match &attempt.outcome {
                    TlsOutcome::Answered { exchange, .. } => trusted && exchange.status == 200,
                    TlsOutcome::Distrusted(problem) => !trusted && is_about_the_name(problem),
                    _ => false,
                };
                let expected = if trusted { "trusted" } else { "not trusted" };
                let check = format!("{} is {expected} as {name}", door.component);
                checks.is_true(&check, held, attempt.outcome.to_string());
            }
        }
    }
    checks.finish()
}

fn is_about_the_name(problem: &rustls::CertificateError) -> bool {
    use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
    matches!(problem, NotValidForName | NotValidForNameContext { .. })
}
