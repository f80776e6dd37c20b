//! What processes take, read from /proc.

use std::collections::{BTreeMap, BTreeSet};

use procfs::process::{ProcState, Process, all_processes};

use crate::protocol::Figures;

/// A process and all its descendants.
pub fn tree_of(root: i32) -> BTreeSet<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for process in all_processes().into_iter().flatten().flatten() {
        // A process may end while it is looked at; then it is not part of the tree.
        if let Ok(stat) = process.stat() {
            children.entry(stat.ppid).or_default().push(stat.pid);
        }
    }
    let mut tree = BTreeSet::new();
    let mut next = vec![root];
    while let Some(pid) = next.pop() {
        if tree.insert(pid) {
            next.extend(children.get(&pid).into_iter().flatten());
        }
    }
    tree
}

/// The sum over processes; those that are gone take nothing. None if all are gone.
pub fn figures_of(processes: impl IntoIterator<Item = i32>) -> Option<Figures> {
    let mut sum = Figures::default();
    let ticks = procfs::ticks_per_second() as f64;
    for pid in processes {
        let Ok(process) = Process::new(pid) else { continue };
        let Ok(stat) = process.stat() else { continue };
        sum.processes += 1;
        sum.rss_bytes += stat.rss * procfs::page_size();
        sum.threads += u64::try_from(stat.num_threads).unwrap_or_default();
        let reaped = stat.cutime.max(0).unsigned_abs() + stat.cstime.max(0).unsigned_abs();
        sum.cpu_seconds += (stat.utime + stat.stime + reaped) as f64 / ticks;
        sum.open_fds += process.fd_count().map_or(0, |count| count as u64);
    }
    (sum.processes > 0).then_some(sum)
}

/// A process that is not held by a signal, if there is one. Those that are gone, or
/// are only waited for, do not count.
pub fn first_not_held(processes: impl IntoIterator<Item = i32>) -> Option<i32> {
    processes.into_iter().find(|pid| {
        let state = Process::new(*pid).and_then(|process| process.stat()?.state());
        !matches!(
            state,
            Err(_)
                | Ok(ProcState::Stopped | ProcState::Tracing | ProcState::Zombie | ProcState::Dead)
        )
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_tree_has_the_children_of_children() {
        // What follows keeps the shells from becoming their last command.
        let mut child = Command::new("sh")
            .args(["-c", "sh -c 'cat; true'; true"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while tree_of(pid).len() < 3 {
            assert!(std::time::Instant::now() < deadline, "the child did not appear");
            std::thread::yield_now();
        }
        let figures = figures_of(tree_of(pid)).unwrap();
        assert!(figures.processes >= 3 && figures.threads >= 3, "{figures:?}");
        assert!(figures.rss_bytes > 0 && figures.open_fds >= 6, "{figures:?}");
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn this_process_is_not_held() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert_eq!(first_not_held([i32::MAX, own]), Some(own));
        assert_eq!(first_not_held([i32::MAX]), None);
    }

    #[test]
    fn nothing_takes_nothing() {
        assert_eq!(figures_of([i32::MAX]), None);
    }
}
