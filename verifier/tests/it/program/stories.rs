//! Scenarios without a platform.

use std::{path::PathBuf, time::Duration};

use persys_verifier::{
    cli::{self, Platform, Registry},
    context::{Context, StepFn},
    evidence::{Progress, StepError, StepResult},
    plan::{Budget, Scenario, Step},
    step,
};
use serde_json::json;

async fn good(cx: &mut Context) -> StepResult {
    cx.record("http", "GET / → 200", json!({ "status": 200 }));
    cx.measure("response_time", 0.25, "s");
    Ok(())
}

async fn failing(cx: &mut Context) -> StepResult {
    let mut checks = cx.checks();
    checks.equal("status", 500, 200);
    checks.finish()
}

/// Leaves a mark when it is cleaned up.
async fn marked(cx: &mut Context) -> StepResult {
    good(cx).await?;
    let mark = std::env::var_os("PERSYS_TEST_MARK").map(PathBuf::from);
    cx.on_cleanup("leave a mark", async move {
        let mark = mark.ok_or_else(|| StepError::error("no mark is wanted"))?;
        std::fs::write(mark, "cleaned up").map_err(|error| StepError::error(error.to_string()))
    });
    Ok(())
}

async fn endless(cx: &mut Context) -> StepResult {
    cx.wait("the sky falls", async || Progress::<()>::not_yet("it hangs")).await
}

/// Clean-up that never ends.
async fn clinging(cx: &mut Context) -> StepResult {
    good(cx).await?;
    cx.on_cleanup("let go", std::future::pending());
    Ok(())
}

/// Many events, some of them big, for as long as it may.
async fn talkative(cx: &mut Context) -> StepResult {
    let text = "x".repeat(20_000);
    for n in 0.. {
        cx.record("http", format!("answer {n}"), json!({ "n": n, "text": text }));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// A mistake that no deadline can cut off.
async fn blocking(cx: &mut Context) -> StepResult {
    good(cx).await?;
    std::thread::sleep(Duration::from_secs(600));
    Ok(())
}

const fn made(id: &'static str, needs: &'static [&'static str], run: StepFn) -> Step {
    let budget = Budget::seconds(60);
    let (title, source) = ("a step", "strategy §0");
    Step { id, title, source, labels: &[], needs, requires: &[], budget, run }
}

const fn scenario(
    id: &'static str,
    labels: &'static [&'static str],
    steps: &'static [Step],
) -> Scenario {
    let (title, objective, source) = ("A scenario", "nothing is proved", "strategy §0");
    Scenario { id, title, objective, source, labels, requires: &[], steps }
}

const PASSING: Scenario = scenario(
    "passing",
    &["smoke"],
    &[made("first", &[], step!(good)), made("second", &["first"], step!(good))],
);
const FAILING: Scenario = scenario(
    "failing",
    &["bad"],
    &[made("first", &[], step!(failing)), made("second", &["first"], step!(good))],
);
const ENDLESS: Scenario = scenario(
    "endless",
    &["bad"],
    &[
        made("marked", &[], step!(marked)),
        made("waits", &[], step!(endless)),
        made("never", &[], step!(good)),
    ],
);
const CLINGING: Scenario = scenario(
    "clinging",
    &["bad"],
    &[made("clings", &[], step!(clinging)), made("waits", &[], step!(endless))],
);
const TALKATIVE: Scenario = scenario(
    "talkative",
    &["bad"],
    &[made("quiet", &[], step!(good)), made("talks", &[], step!(talkative))],
);
const BLOCKING: Scenario = scenario(
    "blocking",
    &["bad"],
    &[Step { budget: Budget::millis(100), ..made("blocks", &[], step!(blocking)) }],
);

const MEASURING: Scenario =
    scenario("measuring", &["bad", "exclusive"], &[made("measures", &[], step!(good))]);

pub const REGISTRY: Registry = Registry {
    scenarios: &[&PASSING, &FAILING, &ENDLESS, &CLINGING, &TALKATIVE, &BLOCKING, &MEASURING],
    invariants: &[],
};

/// The program, when the test binary is run as such.
#[test]
#[ignore = "is the program that other tests run"]
fn program() {
    let Some(arguments) = std::env::var_os("PERSYS_TEST_ARGUMENTS") else { return };
    let arguments = arguments.into_string().expect("arguments are UTF-8");
    let arguments = arguments.split('\n').map(Into::into);
    let exit = cli::main_with(REGISTRY, Platform::None, arguments);
    std::process::exit(exit as i32);
}
