//! Mutual TLS (strategy §2 steps 1, 2 and 5): who is let in, who is not, and
//! whom the platform's own clients trust.

mod certificates;
mod client_program;
mod plain;
mod rogue;
mod routes;
mod server;
mod unfit;

use certificates::{let_in, old_version, refused, wrong_name, wrong_role};
use persys_contract::topology::Feature;
use plain::serves_little;
use server::Server::{self, Gateway, Scheduler};
use unfit::Unfit;

use super::with;
use crate::{
    context::StepFn,
    plan::{Budget, HEALS, Requirement, Step},
    probe::TlsVersion,
    step,
};

/// Whoever is first has a workload started.
const BYSTANDERS: Budget = Budget::seconds(25).plus_monitors(3);

const IDENTITY_ROLES: &[Requirement] = &[Requirement::Feature(Feature::IdentityRoles)];

/// Somebody who is let in.
const fn admitted(server: Server, id: &'static str, title: &'static str, run: StepFn) -> Step {
    let source = match server {
        Gateway => "strategy §2 step 1, result 1, contract §4",
        Scheduler => "strategy §2 step 2, result 1, contract §4",
    };
    Step { id, title, source, run, ..Step::BLANK }
}

/// Somebody who is not.
const fn step(server: Server, id: &'static str, title: &'static str, run: StepFn) -> Step {
    let source = match server {
        Gateway => "strategy §2 steps 1 and 5, results 2 and 3, contract §4",
        Scheduler => "strategy §2 steps 2 and 5, results 2 and 3, contract §4",
    };
    Step { id, title, source, run, ..Step::BLANK }
}

#[rustfmt::skip]
pub const STEPS: [Step; 27] = [
    admitted(Gateway, "gateway-accepts-tls-1-2", "the gateway lets clients and operators in with TLS 1.2",
        with!(let_in, Gateway, TlsVersion::Tls12)),
    admitted(Gateway, "gateway-accepts-tls-1-3", "the gateway lets clients and operators in with TLS 1.3",
        with!(let_in, Gateway, TlsVersion::Tls13)),
    step(Gateway, "gateway-refuses-no-certificate", "the gateway refuses a client without a certificate in the handshake",
        with!(refused, Gateway, Unfit::Absent)),
    step(Gateway, "gateway-refuses-foreign-authority", "the gateway refuses a certificate of a foreign authority in the handshake",
        with!(refused, Gateway, Unfit::Foreign)),
    step(Gateway, "gateway-refuses-self-signed", "the gateway refuses a self-signed certificate with the right subject in the handshake",
        with!(refused, Gateway, Unfit::SelfSigned)),
    step(Gateway, "gateway-refuses-expired", "the gateway refuses an expired certificate in the handshake",
        with!(refused, Gateway, Unfit::Expired)),
    step(Gateway, "gateway-refuses-not-yet-valid", "the gateway refuses a certificate that is not yet valid in the handshake",
        with!(refused, Gateway, Unfit::NotYetValid)),
    step(Gateway, "gateway-refuses-server-only", "the gateway refuses a certificate for servers alone in the handshake",
        with!(refused, Gateway, Unfit::ServerOnly)),
    step(Gateway, "gateway-refuses-tls-1-1", "the gateway refuses TLS 1.1 and older, which it would have taken up as TLS 1.2",
        with!(old_version, Gateway)),
    roles(step(Gateway, "gateway-refuses-wrong-role", "the gateway refuses every role but client and operator with 403 role_not_allowed, on every route and without effect",
        with!(wrong_role, Gateway))),
    plain(step(Gateway, "gateway-plain-serves-little", "the gateway's plain listener tells who it is, how it is and what it counts, and has nothing of the API",
        with!(serves_little, Gateway))),
    step(Gateway, "gateway-is-known-by-its-names", "a client that means another server does not trust the gateway's certificate",
        with!(wrong_name, Gateway)),
    step(Gateway, "cli-distrusts-rogue-gateway", "persys-cli sends nothing to a gateway with a foreign certificate or a wrong name",
        step!(client_program::distrusts)),
    admitted(Scheduler, "scheduler-accepts-tls-1-2", "the schedulers let the gateway and operators in with TLS 1.2",
        with!(let_in, Scheduler, TlsVersion::Tls12)),
    admitted(Scheduler, "scheduler-accepts-tls-1-3", "the schedulers let the gateway and operators in with TLS 1.3",
        with!(let_in, Scheduler, TlsVersion::Tls13)),
    step(Scheduler, "scheduler-refuses-no-certificate", "the schedulers refuse a caller without a certificate in the handshake",
        with!(refused, Scheduler, Unfit::Absent)),
    step(Scheduler, "scheduler-refuses-foreign-authority", "the schedulers refuse a certificate of a foreign authority in the handshake",
        with!(refused, Scheduler, Unfit::Foreign)),
    step(Scheduler, "scheduler-refuses-self-signed", "the schedulers refuse a self-signed certificate with the right subject in the handshake",
        with!(refused, Scheduler, Unfit::SelfSigned)),
    step(Scheduler, "scheduler-refuses-expired", "the schedulers refuse an expired certificate in the handshake",
        with!(refused, Scheduler, Unfit::Expired)),
    step(Scheduler, "scheduler-refuses-not-yet-valid", "the schedulers refuse a certificate that is not yet valid in the handshake",
        with!(refused, Scheduler, Unfit::NotYetValid)),
    step(Scheduler, "scheduler-refuses-server-only", "the schedulers refuse a certificate for servers alone in the handshake",
        with!(refused, Scheduler, Unfit::ServerOnly)),
    step(Scheduler, "scheduler-refuses-tls-1-1", "the schedulers refuse TLS 1.1 and older, which they would have taken up as TLS 1.2",
        with!(old_version, Scheduler)),
    roles(step(Scheduler, "scheduler-refuses-wrong-role", "the schedulers refuse every role but gateway and operator with 403 role_not_allowed, on every route and without effect",
        with!(wrong_role, Scheduler))),
    plain(step(Scheduler, "scheduler-plain-serves-little", "the schedulers' plain listeners tell how they are and what they count, and have nothing of the API",
        with!(serves_little, Scheduler))),
    step(Scheduler, "scheduler-is-known-by-its-names", "a client that means another server does not trust a scheduler's certificate",
        with!(wrong_name, Scheduler)),
    Step {
        budget: Budget::seconds(20).plus_discoveries(4),
        ..step(Scheduler, "rogue-schedulers-distrusted", "schedulers planted in DNS with a foreign certificate or a wrong name get no request, and requests go on to succeed",
            step!(rogue::distrusted))
    },
    Step {
        labels: &[HEALS],
        needs: &["rogue-schedulers-distrusted"],
        budget: Budget::seconds(10).plus_discoveries(4),
        ..step(Scheduler, "rogue-schedulers-forgotten", "once their records are gone, the gateway knows the true schedulers alone",
            step!(rogue::forgotten))
    },
];

const fn roles(step: Step) -> Step {
    Step { requires: IDENTITY_ROLES, budget: BYSTANDERS, ..step }
}

const fn plain(step: Step) -> Step {
    Step { source: "contract §1, §3.1", budget: BYSTANDERS, ..step }
}
