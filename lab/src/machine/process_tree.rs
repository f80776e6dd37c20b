//! The processes of a component: its process group and everything below its
//! main process, as `/proc` shows them.

use std::fs;

use nix::{sys::signal::Signal, unistd::Pid};

/// A line of the process table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    pid: i32,
    parent: i32,
    group: i32,
    state: char,
}

/// All processes of the component whose main process this is. The main process
/// leads a group of its own.
pub fn processes(main: Pid) -> Vec<Pid> {
    members(&table(), main.as_raw()).into_iter().map(Pid::from_raw).collect()
}

/// Sends to all of them. One that is gone already has what it was to get.
pub fn signal(main: Pid, signal: Signal) {
    for pid in processes(main) {
        let _ = nix::sys::signal::kill(pid, signal);
    }
}

/// Whether none of them can run: each is stopped or dead.
pub fn all_held(main: Pid) -> bool {
    let table = table();
    let members = members(&table, main.as_raw());
    table
        .iter()
        .filter(|entry| members.contains(&entry.pid))
        .all(|entry| matches!(entry.state, 'T' | 't' | 'Z' | 'X'))
}

fn members(table: &[Entry], main: i32) -> Vec<i32> {
    let mut members: Vec<i32> = table
        .iter()
        .filter(|entry| entry.pid == main || entry.group == main)
        .map(|entry| entry.pid)
        .collect();
    let mut next = 0;
    while let Some(&parent) = members.get(next) {
        next += 1;
        for entry in table.iter().filter(|entry| entry.parent == parent) {
            if !members.contains(&entry.pid) {
                members.push(entry.pid);
            }
        }
    }
    members
}

fn table() -> Vec<Entry> {
    let Ok(folders) = fs::read_dir("/proc") else { return Vec::new() };
    folders
        .flatten()
        .filter(|folder| folder.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
        .filter_map(|folder| fs::read_to_string(folder.path().join("stat")).ok())
        .filter_map(|stat| parse(&stat))
        .collect()
}

/// `pid (name) state ppid pgrp …`; the name may hold anything, parentheses too.
fn parse(stat: &str) -> Option<Entry> {
    let (before, after) = (stat.find('(')?, stat.rfind(')')?);
    let mut fields = stat.get(after + 1..)?.split_ascii_whitespace();
    Some(Entry {
        pid: stat.get(..before)?.trim().parse().ok()?,
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_read_past() {
        let entry = parse("12 (a) b (c) S 1 7 7 0 -1").unwrap();
        assert_eq!(entry, Entry { pid: 12, parent: 1, group: 7, state: 'S' });
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn a_component_is_its_group_and_its_descendants() {
        let entry = |pid, parent, group| Entry { pid, parent, group, state: 'S' };
        let table = [
            entry(10, 1, 10),
            entry(11, 10, 10),
            // Left the group, stayed a child; and its own child.
            entry(12, 10, 12),
            entry(13, 12, 12),
            // Orphaned, stayed in the group.
            entry(14, 1, 10),
            entry(20, 1, 20),
        ];
        let mut members = members(&table, 10);
        members.sort_unstable();
        assert_eq!(members, [10, 11, 12, 13, 14]);
    }
}
