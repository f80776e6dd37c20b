//! The login with GitHub, its tokens, and GitHub's webhooks (strategy §2 steps 4 and 5).

mod away;
mod flow;
mod login;
mod refused;
mod token;
mod webhooks;

use persys_contract::topology::Feature;

use crate::{
    context::StepFn,
    plan::{Budget, HEALS, Requirement, Step},
    step,
};

/// Leaves a user's token for the others.
const LOGIN: &str = "oauth-logs-in";

const fn step(id: &'static str, title: &'static str, run: StepFn) -> Step {
    Step {
        id,
        title,
        source: "strategy §2 steps 4 and 5, results 2 and 3, contract §4",
        labels: &[],
        needs: &[],
        requires: &[Requirement::Feature(Feature::Oauth)],
        budget: Budget::seconds(15),
        run,
    }
}

/// What is as it should be.
const fn right(step: Step) -> Step {
    Step { source: "strategy §2 step 4, result 1, contract §4", ..step }
}

const fn with_token(step: Step) -> Step {
    Step { needs: &[LOGIN], ..step }
}

#[rustfmt::skip]
pub const STEPS: [Step; 10] = [
    right(step(LOGIN, "a user logs in with GitHub and gets a token for an hour",
        step!(flow::logs_in))),
    right(with_token(step("oauth-lists-repositories", "the token shows the user's own repositories and nobody else's",
        step!(flow::lists_repositories)))),
    step("oauth-refuses-bad-state", "a login that another browser began is refused as bad_state, and its code is not used up",
        step!(refused::bad_state)),
    step("oauth-refuses-bad-code", "a code that is used, unknown, too old or another login's is refused as bad_code",
        step!(refused::bad_code)),
    with_token(step("oauth-refuses-bad-token", "no token, alg none, an expired, a foreign-key and a changed token are refused",
        step!(refused::bad_token))),
    right(step("webhook-accepted", "a webhook that GitHub signed is taken",
        step!(webhooks::accepted))),
    step("webhook-refuses-bad-signature", "a webhook with a wrong signature or without its headers is refused",
        step!(webhooks::refused)),
    step("webhook-duplicate-ignored", "a webhook that comes again is answered as a duplicate, also when all copies come at once",
        step!(webhooks::duplicate)),
    with_token(step("oauth-github-away", "while GitHub is away, what needs it says github_unreachable, and the rest goes on",
        step!(away::unreachable))),
    Step { labels: &[HEALS], needs: &["oauth-github-away"], ..step("oauth-github-back", "when GitHub is back, the token from before and new logins work",
        step!(away::back)) },
];
