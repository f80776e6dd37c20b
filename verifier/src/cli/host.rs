//! Facts about the machine that the verifier runs on.

use std::fs;

use crate::events::HostFacts;

/// What cannot be found out is left empty: it is only shown.
pub fn facts() -> HostFacts {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let memory = read("/proc/meminfo");
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = kib.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let load = read("/proc/loadavg");
    HostFacts {
        hostname: read("/proc/sys/kernel/hostname").trim().to_owned(),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        cpus: std::thread::available_parallelism().map_or(0, usize::from),
        memory_mib: kib.unwrap_or_default() / 1024,
        load: load.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default(),
    }
}
