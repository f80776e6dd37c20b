//! What the faults may not leave behind: panics, and memory that is not given back.

use std::collections::BTreeMap;

use persys_contract::component;
use persys_faultd::protocol::{Figures, LogChunk};
use serde_json::json;

use crate::{
    context::Context,
    evidence::{StepError, StepResult},
};

/// What a panic writes, in the languages in which such platforms are written, and where the
/// platform logs it itself.
const PANICS: [&str; 3] = ["panicked", "panic: ", "goroutine 1 ["];
/// The platform's own programs.
const PROGRAMS: [&str; 3] = [component::GATEWAY, component::SCHEDULER, component::AGENT];
/// What a process may keep: half as much again, and what an allocator likes to hold.
const GROWTH: f64 = 1.5;
const ALLOWANCE: u64 = 32 << 20;

type Key = (String, String);

/// Logs and memory before the first fault.
struct Before {
    ends: BTreeMap<Key, u64>,
    memory: BTreeMap<Key, u64>,
}

pub async fn look(cx: &mut Context) -> StepResult {
    let (mut ends, mut memory) = (BTreeMap::new(), BTreeMap::new());
    for (machine, faults) in cx.probes().all_faults() {
        for report in faults.components().await? {
            let name = report.component.name;
            let key = (machine.clone(), name.clone());
            ends.insert(key.clone(), faults.log_end(&name).await?);
            if PROGRAMS.contains(&name.as_str())
                && let Some(Figures { rss_bytes, .. }) = report.figures
            {
                memory.insert(key, rss_bytes);
            }
        }
    }
    cx.put(Before { ends, memory });
    Ok(())
}

pub async fn no_panic(cx: &mut Context) -> StepResult {
    let (before, mut read) = (cx.get::<Before>()?, BTreeMap::new());
    let mut checks = cx.checks();
    for ((machine, component), end) in &before.ends {
        let (faults, mut next, mut carry) = (cx.faults(machine), *end, String::new());
        loop {
            let chunk = faults.client().logs(component, next, LogChunk::MAX_BYTES).await;
            let chunk = chunk.map_err(|error| StepError::error(error.to_string()))?;
            carry.push_str(&chunk.text);
            let last = chunk.next <= next || !chunk.has_more();
            next = chunk.next;
            if last {
                break;
            }
        }
        for line in carry.lines().filter(|line| PANICS.iter().any(|panic| line.contains(panic))) {
            checks.violated(&format!("log of {component} on {machine}"), line);
        }
        read.insert(format!("{machine}/{component}"), carry.len());
    }
    cx.record("log", "looked for panics in every log", json!({ "bytes": read }));
    checks.equal("logs read", read.len(), before.ends.len());
    checks.finish()
}

pub async fn memory_back(cx: &mut Context) -> StepResult {
    let before = cx.get::<Before>()?;
    let mut checks = cx.checks();
    for ((machine, component), earlier) in &before.memory {
        let report = cx.faults(machine).component(component).await?;
        let now = report.figures.map(|figures| figures.rss_bytes);
        let name = format!("memory of {component} on {machine}");
        if let Some(now) = checks.some(&name, now) {
            let limit = (*earlier as f64 * GROWTH) as u64 + ALLOWANCE;
            let detail = format!("{now} bytes, {earlier} before, limit {limit}");
            checks.is_true(&name, now <= limit, detail);
        }
    }
    checks.finish()
}
