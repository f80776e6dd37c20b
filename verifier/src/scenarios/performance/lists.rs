//! What a list takes when there is more to list.
//!
//! What is compared are shares of the same moment: every list is timed beside an answer that
//! does not depend on how many workloads there are, in turn, and the few are listed before
//! and after the many. A machine that becomes slow makes both slow. Of each the quickest counts:
//! what else a machine does makes some answers later, and none sooner.

use std::time::Duration;

use futures::future::join_all;
use persys_contract::{DesiredState, Workload};
use serde_json::json;

use super::{
    batch::{self, Tally},
    mix,
    reads::{self, timed},
    verdict::judge,
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    probe::LoadClient,
    scenarios::support::remove_at_the_end,
};

/// So many workloads at first, and so many times as many then.
const FEW: usize = 2;
const TIMES: usize = 10;
/// A list may take so many times as long then. What is done for each workload of a list
/// costs next to nothing beside the request itself; where it does not, it is the same `TIMES`.
const LIMIT: f64 = 4.0;
/// Of so many some are undisturbed, however busy the machine is.
const SAMPLES: usize = 45;
/// The first ones make connections.
const WARM_UP: usize = 2;

/// The quickest of interleaved requests.
struct Pair {
    list: Duration,
    beside: Duration,
}

impl Pair {
    async fn measure(client: &LoadClient) -> Result<Self, StepError> {
        let (mut lists, mut others) = (Vec::new(), Vec::new());
        for _ in 0..WARM_UP + SAMPLES {
            lists.push(timed(client, "/workloads").await?);
            others.push(timed(client, "/nodes").await?);
        }
        let list = quickest(&lists[WARM_UP..]);
        Ok(Self { list, beside: quickest(&others[WARM_UP..]) })
    }

    fn quotient(&self) -> f64 {
        self.list.as_secs_f64() / self.beside.as_secs_f64().max(1e-6)
    }
}

fn quickest(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}

pub async fn scale(cx: &mut Context) -> StepResult {
    let client = reads::client(cx)?;
    let others = cx.gateway().workloads(&[]).await?.ok()?.len();
    // Those of others are listed too.
    let few = others + FEW;
    let first = hand_in(cx, FEW).await?;
    let before = Pair::measure(&client).await?;
    let more = hand_in(cx, few * (TIMES - 1)).await?;
    let many = Pair::measure(&client).await?;
    let listed = cx.gateway().workloads(&[]).await?.ok()?.len();
    let mut tally = Tally::default();
    batch::delete(cx, &more, &mut tally).await;
    let after = Pair::measure(&client).await?;
    batch::delete(cx, &first, &mut tally).await;

    let mut checks = cx.checks();
    checks.equal("workloads in the list", listed, few * TIMES);
    checks.equal("deletions that failed", &tally.failed, &Default::default());
    checks.finish()?;
    let usual = (before.quotient() + after.quotient()) / 2.0;
    let ratio = many.quotient() / usual;
    cx.measure("list_of_ten_times_as_many", ratio, "");
    let text = format!(
        "lists: {listed} workloads take {ratio:.2} times as long as {few}, limit {LIMIT}, by \
         the quickest of {SAMPLES}: {:.1?}, {:.1?} and {:.1?} again, beside {:.1?}, {:.1?} and {:.1?} \
         for the nodes",
        before.list, many.list, after.list, before.beside, many.beside, after.beside
    );
    judge(cx, text, json!({ "ratio": ratio, "few": few, "many": listed }), ratio <= LIMIT)
}

/// Workloads that are not to run, as it is their records that are listed.
async fn hand_in(cx: &Context, count: usize) -> Result<Vec<String>, StepError> {
    let nodes: Vec<String> = cx.probes().agents().keys().cloned().collect();
    let gateway = cx.gateway();
    let workloads = mix::workloads(cx, &nodes, count).into_iter();
    let stopped = |workload| Workload { desired_state: Some(DesiredState::Stopped), ..workload };
    let workloads: Vec<_> = workloads.map(stopped).collect();
    let answers = join_all(workloads.iter().map(|workload| gateway.schedule(workload))).await;
    let mut ids = Vec::new();
    for answer in answers {
        let reply = answer?.ok()?;
        remove_at_the_end(cx, &reply.workload_id);
        ids.push(reply.workload_id);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_same_moment_is_compared() {
        let millis = Duration::from_millis;
        let pair = Pair { list: millis(6), beside: millis(3) };
        assert!((pair.quotient() - 2.0).abs() < 1e-9);
        assert_eq!(quickest(&[millis(9), millis(1), millis(2)]), millis(1));
    }
}
