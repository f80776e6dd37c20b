//! How much of a node's processor, memory and disk is in use.

use anyhow::Context;
use nix::sys::statvfs::statvfs;
use procfs::{CpuTime, Current, CurrentSI, KernelStats, Meminfo};

/// What a node has, and what of it is free.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Cores.
    pub total_cpu: f64,
    /// Cores that were idle since the last measurement.
    pub available_cpu: f64,
    /// Bytes.
    pub total_memory: u64,
    /// Bytes that can be had without swapping (`MemAvailable`).
    pub available_memory: u64,
    /// Of the root file system, 0 to 100.
    pub disk_percent: f64,
}

impl Usage {
    /// The share of the processor that is in use, 0 to 100.
    pub fn cpu_percent(&self) -> f64 {
        percent(self.total_cpu - self.available_cpu, self.total_cpu)
    }

    /// The share of the memory that is in use, 0 to 100.
    pub fn memory_percent(&self) -> f64 {
        let used = self.total_memory.saturating_sub(self.available_memory);
        percent(used as f64, self.total_memory as f64)
    }
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 100.0).clamp(0.0, 100.0) } else { 0.0 }
}

/// Measures; the processor's use is that between two measurements.
#[derive(Debug, Default)]
pub struct UsageMeter {
    last: Option<Ticks>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ticks {
    idle: u64,
    all: u64,
}

impl UsageMeter {
    pub fn measure(&mut self) -> anyhow::Result<Usage> {
        let kernel = KernelStats::current().context("read /proc/stat")?;
        let memory = Meminfo::current().context("read /proc/meminfo")?;
        let now = Ticks::of(&kernel.total);
        // The first measurement is against the boot.
        let idle = now.idle_share_since(self.last.replace(now).unwrap_or_default());
        let total_cpu = kernel.cpu_time.len() as f64;
        Ok(Usage {
            total_cpu,
            available_cpu: total_cpu * idle,
            total_memory: memory.mem_total,
            available_memory: memory.mem_available.unwrap_or(memory.mem_free),
            disk_percent: disk_percent(),
        })
    }
}

impl Ticks {
    fn of(time: &CpuTime) -> Self {
        let waiting = time.iowait.unwrap_or(0);
        let extra = [time.irq, time.softirq, time.steal];
        let busy = time.user + time.nice + time.system + extra.iter().flatten().sum::<u64>();
        let idle = time.idle + waiting;
        Self { idle, all: idle + busy }
    }

    /// From 0 to 1. Two measurements in the same tick find the processor idle.
    fn idle_share_since(self, earlier: Self) -> f64 {
        let all = self.all.saturating_sub(earlier.all);
        let idle = self.idle.saturating_sub(earlier.idle);
        if all == 0 { 1.0 } else { (idle as f64 / all as f64).min(1.0) }
    }
}

fn disk_percent() -> f64 {
    let Ok(root) = statvfs("/") else { return 0.0 };
    let used = root.blocks().saturating_sub(root.blocks_free());
    percent(used as f64, root.blocks() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idle_share_is_that_since_the_last_measurement() {
        let earlier = Ticks { idle: 100, all: 200 };
        assert_eq!(Ticks { idle: 130, all: 240 }.idle_share_since(earlier), 0.75);
        assert_eq!(earlier.idle_share_since(earlier), 1.0);
        // The kernel's idle time may go back a little.
        assert_eq!(Ticks { idle: 99, all: 240 }.idle_share_since(earlier), 0.0);
    }

    #[test]
    fn this_machine_can_be_measured() {
        let mut meter = UsageMeter::default();
        for _ in 0..2 {
            let usage = meter.measure().unwrap();
            assert!(usage.total_cpu >= 1.0 && usage.available_cpu <= usage.total_cpu);
            assert!(usage.available_memory > 0 && usage.available_memory <= usage.total_memory);
            for share in [usage.cpu_percent(), usage.memory_percent(), usage.disk_percent] {
                assert!((0.0..=100.0).contains(&share), "{usage:?}");
            }
        }
    }
}
