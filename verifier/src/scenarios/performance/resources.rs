//! What the platform's programs may take while they are under this scenario's load.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    figures::{Part, Snapshot, disks},
    reads::Steady,
    rounds::Rounds,
    types::Types,
    verdict::judge,
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
};

/// Resident memory of one program: several times what a build without optimization takes.
const RSS_LIMIT: u64 = 256 << 20;
/// Open descriptors of one program: a quarter of what a process usually may have.
const FDS_LIMIT: u64 = 256;
/// Processor time of one program while it is read from steadily, in cores.
const CPU_LIMIT: f64 = 1.0;
/// etcd refuses writes at 2 GiB by default; a test run must stay far from it.
const STORE_LIMIT: i64 = 256 << 20;
/// What Docker may keep on a machine's disk beyond what was there before: all that ran is deleted.
const DISK_GROWTH: u64 = 64 << 20;

#[derive(Default)]
struct Peak {
    rss: u64,
    fds: u64,
    cores: f64,
}

pub async fn within_limits(cx: &mut Context) -> StepResult {
    let steady = &cx.get::<Steady>()?.snapshots;
    let rounds = cx.get::<Rounds>()?.all.iter().map(|round| &round.after);
    let types = std::iter::once(&cx.get::<Types>()?.during);
    let snapshots: Vec<&Snapshot> = steady.iter().chain(rounds).chain(types).collect();
    let store = snapshots.iter().map(|s| s.store_bytes).max().unwrap_or_default();
    let mut peaks = peaks(&snapshots);
    for (part, cores) in cores(steady) {
        peaks.entry(part).or_default().cores = cores;
    }
    let mut checks = cx.checks();
    let mut worst = Peak::default();
    let mut own = 0;
    for (part, peak) in &peaks {
        cx.record(
            "figures",
            format!(
                "{part}: at most {} and {} descriptors, {:.2} cores under steady reads",
                mib(peak.rss),
                peak.fds,
                peak.cores
            ),
            json!({ "rssBytes": peak.rss, "openFds": peak.fds, "cores": peak.cores }),
        );
        cx.measure(&format!("rss_{}_{}", part.component, part.machine), peak.rss as f64, "B");
        if part.is_own() {
            own += 1;
            checks.between(&format!("memory of {part}"), peak.rss, 1, RSS_LIMIT);
            checks.between(&format!("descriptors of {part}"), peak.fds, 1, FDS_LIMIT);
            checks.between(&format!("cores of {part}"), peak.cores, 0.0, CPU_LIMIT);
            worst.rss = worst.rss.max(peak.rss);
            worst.fds = worst.fds.max(peak.fds);
            worst.cores = worst.cores.max(peak.cores);
        }
    }
    checks.between("size of etcd's store", store, 1, STORE_LIMIT);
    cx.measure("etcd_db_size", store as f64, "B");
    let (mut disk, before) = (0, &cx.get::<Steady>()?.disks);
    for (node, now) in disks(&cx.probes()).await? {
        let earlier = before.get(&node).copied().unwrap_or_default();
        let growth = now.total().saturating_sub(earlier.total());
        checks.between(&format!("growth on the disk of {node}"), growth, 0, DISK_GROWTH);
        cx.measure(&format!("disk_{node}"), now.total() as f64, "B");
        disk = disk.max(growth);
    }
    let text = format!(
        "resources: at most {} (limit {}), {} descriptors (limit {FDS_LIMIT}), {:.2} cores (limit \
         {CPU_LIMIT}) by one of {own} programs, {} in etcd (limit {}), and {} more \
         on a disk (limit {}), over {} looks",
        mib(worst.rss),
        mib(RSS_LIMIT),
        worst.fds,
        worst.cores,
        mib(store.unsigned_abs()),
        mib(STORE_LIMIT.unsigned_abs()),
        mib(disk),
        mib(DISK_GROWTH),
        snapshots.len()
    );
    if own == 0 {
        let problem = "no fault daemon told the figures of any of the platform's programs";
        checks.violated("programs", problem);
    }
    let held = checks.all_held();
    checks.finish().map_err(|error| StepError::failed(format!("{text}\n{}", error.message)))?;
    judge(cx, text, json!({ "storeBytes": store }), held)
}

fn peaks(snapshots: &[&Snapshot]) -> BTreeMap<Part, Peak> {
    let mut peaks: BTreeMap<Part, Peak> = BTreeMap::new();
    for (part, figures) in snapshots.iter().flat_map(|snapshot| &snapshot.of) {
        let peak = peaks.entry(part.clone()).or_default();
        peak.rss = peak.rss.max(figures.rss_bytes);
        peak.fds = peak.fds.max(figures.open_fds);
    }
    peaks
}

/// Processor time per time, from the first snapshot to the last.
fn cores(snapshots: &[Snapshot]) -> BTreeMap<Part, f64> {
    let (Some(first), Some(last)) = (snapshots.first(), snapshots.last()) else {
        return BTreeMap::new();
    };
    let seconds = last.at.saturating_duration_since(first.at).as_secs_f64().max(1e-3);
    let spent = |(part, figures): (&Part, &persys_faultd::protocol::Figures)| {
        let before = first.of.get(part)?.cpu_seconds;
        Some((part.clone(), (figures.cpu_seconds - before).max(0.0) / seconds))
    };
    last.of.iter().filter_map(spent).collect()
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
