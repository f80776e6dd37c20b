//! Signed requests between schedulers and agents (strategy §2 steps 3 and 5).

mod aged;
mod nodes;
mod receiver;
mod refusal;
mod remembered;
mod replay;
mod routes;
mod trick;
mod vectors;

use persys_contract::topology::Feature;
use receiver::Effect;
use refusal::{RefusedOrders, refused};
use trick::Trick;

use super::with;
use crate::{
    context::StepFn,
    plan::{Budget, Requirement, Step},
    step,
};

/// Keeps the histories on which everything later would show.
const FIRST: &str = "hmac-vectors-accepted";

const fn step(id: &'static str, title: &'static str, run: StepFn) -> Step {
    Step {
        id,
        title,
        source: "strategy §2 steps 3 and 5, results 2 and 3, contract §4",
        labels: &[],
        needs: &[FIRST],
        requires: &[Requirement::Feature(Feature::Hmac)],
        budget: Budget::seconds(15),
        run,
    }
}

#[rustfmt::skip]
pub const STEPS: [Step; 12] = [
    Step { needs: &[], source: "strategy §2 step 3, result 1, contract §4", ..step(FIRST, "the contract's vectors hold, and agents and schedulers take what is signed so",
        step!(vectors::accepted)) },
    step("hmac-refuses-missing", "a request without all three headers is refused as missing_signature",
        with!(refused, Trick::Missing)),
    step("hmac-refuses-malformed", "a signature, timestamp or nonce of another form is refused as malformed_signature",
        with!(refused, Trick::Malformed)),
    step("hmac-refuses-wrong-key", "a request signed with another key is refused as bad_signature",
        with!(refused, Trick::WrongKey)),
    step("hmac-refuses-tampered", "a request whose method, path, query, body, time or nonce is not the signed one is refused as bad_signature",
        with!(refused, Trick::Tampered)),
    step("hmac-refuses-stale", "a request signed too early or too late is refused as stale_timestamp",
        with!(refused, Trick::Stale)),
    Step {
        source: "strategy §2 step 5, results 2 and 3, contract §1, §3.3",
        budget: Budget::seconds(35).plus_monitors(3),
        ..step("hmac-guards-every-route", "every route of every agent but health and metrics refuses what is not signed or signed with another key",
            step!(routes::guarded))
    },
    step("hmac-refuses-replayed", "a request that was executed is refused as replayed_nonce when it comes again",
        step!(replay::replayed)),
    step("hmac-executes-once", "of one request sent by eight at once exactly one is executed",
        step!(replay::at_once)),
    step("hmac-refuses-unsigned-registration", "a node that registers without a signature is not taken up",
        step!(nodes::unsigned_registration)),
    step("hmac-refuses-rogue-registration", "a node that registers with another key is not taken up",
        step!(nodes::rogue_registration)),
    step("hmac-refuses-unsigned-heartbeat", "a heartbeat without a signature changes nothing",
        step!(nodes::unsigned_heartbeat)),
];

/// Behind all the rest of the scenario: the longer after the first, the more it says.
#[rustfmt::skip]
pub const LAST: [Step; 2] = [
    Step {
        needs: &[FIRST, "hmac-refuses-missing", "hmac-refuses-malformed", "hmac-refuses-wrong-key",
                 "hmac-refuses-tampered", "hmac-refuses-stale"],
        ..step("hmac-refused-orders-had-no-effect", "when later orders have been executed, nothing is seen of any refused one",
            step!(replay::nothing_executed))
    },
    step("hmac-remembers-nonces", "what was signed for as late as possible and sent at the beginning is refused as replayed_nonce at the end of the scenario",
        step!(remembered::replayed)),
];
