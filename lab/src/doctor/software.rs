//! The programs that a lab runs.

use std::{fs, path::Path};

use super::finding::Finding;
use crate::plan::{Dns, LabOptions, Programs, find_in_path, is_executable};

/// Programs and the Debian packages that have them.
const SYSTEM: [(&str, &str); 10] = [
    ("ip", "iproute2"),
    ("unshare", "util-linux"),
    ("nsenter", "util-linux"),
    ("setpriv", "util-linux"),
    ("nft", "nftables"),
    ("iptables", "iptables"),
    ("dockerd", "docker.io"),
    ("containerd", "docker.io"),
    ("runc", "docker.io"),
    ("docker", "docker.io"),
];
/// The same for what the platform itself runs: agents run projects with them, and what stands
/// for GitHub serves repositories.
const PLATFORM: [(&str, &str); 2] = [("docker-compose", "docker-compose"), ("git", "git")];

pub fn system(options: &LabOptions, programs: &Programs) -> Vec<Finding> {
    let mut findings = missing(options.bare, |program| find_in_path(program).is_some());
    match &programs.etcd {
        None => findings.push(Finding::new("etcd is missing", "apt-get install etcd-server")),
        Some(path) => findings.extend(named(path, "--etcd")),
    }
    match &programs.coredns {
        None if options.dns == Dns::Coredns => findings.push(Finding::new(
            "CoreDNS is missing",
            "make tools, or --dns embedded (a substitute; reports say so)",
        )),
        None => {}
        Some(path) => findings.extend(named(path, "--coredns")),
    }
    match &programs.busybox {
        None => findings.push(Finding::new(
            "busybox, of which the test images are made, is missing",
            "apt-get install busybox-static",
        )),
        Some(path) if !is_static(path) => findings.push(Finding::new(
            format!("{} needs libraries, which the test images do not have", path.display()),
            "apt-get install busybox-static",
        )),
        Some(_) => {}
    }
    findings
}

/// What of the system's programs is not there. A bare lab has no platform.
fn missing(bare: bool, is_there: impl Fn(&str) -> bool) -> Vec<Finding> {
    let platform: &[_] = if bare { &[] } else { &PLATFORM };
    let absent = SYSTEM.iter().chain(platform).filter(|(program, _)| !is_there(program));
    absent
        .map(|(program, package)| {
            Finding::new(format!("{program} is missing"), format!("apt-get install {package}"))
        })
        .collect()
}

/// The project's own, or those named in their stead.
pub fn built(options: &LabOptions, programs: &Programs) -> Vec<Finding> {
    if options.bare {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (path, flag) in [
        (&programs.gateway, options.gateway.as_ref().map(|_| "--gateway")),
        (&programs.prow, options.prow.as_ref().map(|_| "--prow")),
        (&programs.agent, options.agent.as_ref().map(|_| "--agent")),
        (&programs.cli, options.cli.as_ref().map(|_| "--cli")),
        (&programs.github, options.github.as_ref().map(|_| "--github")),
        (&programs.faultd, None),
    ] {
        match flag {
            Some(flag) => findings.extend(named(path, flag)),
            None if is_executable(path) => {}
            None => findings.push(Finding::new(
                format!("{} is not built", path.display()),
                "cargo build --workspace --bins (with --release for target/release), or --bin-dir",
            )),
        }
    }
    findings
}

fn named(path: &Path, flag: &str) -> Option<Finding> {
    (!is_executable(path)).then(|| {
        Finding::new(
            format!("{} is not a program", path.display()),
            format!("give {flag} the path of one"),
        )
    })
}

/// Whether an ELF program names no interpreter: the program header of type 3.
fn is_static(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| names_no_interpreter(&bytes).unwrap_or(false))
}

fn names_no_interpreter(elf: &[u8]) -> Option<bool> {
    const INTERPRETER: u32 = 3;
    if !elf.starts_with(b"\x7fELF") {
        return None;
    }
    let wide = *elf.get(4)? == 2;
    let (offset, entry_size, count) = if wide {
        let offset = u64::from_le_bytes(elf.get(32..40)?.try_into().ok()?);
        (usize::try_from(offset).ok()?, half(elf, 54)?, half(elf, 56)?)
    } else {
        let offset = u32::from_le_bytes(elf.get(28..32)?.try_into().ok()?);
        (usize::try_from(offset).ok()?, half(elf, 42)?, half(elf, 44)?)
    };
    for index in 0..count {
        let start = offset.checked_add(index.checked_mul(entry_size)?)?;
        let kind = elf.get(start..start.checked_add(4)?)?;
        if u32::from_le_bytes(kind.try_into().ok()?) == INTERPRETER {
            return Some(false);
        }
    }
    Some(true)
}

fn half(elf: &[u8], offset: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(elf.get(offset..offset + 2)?.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_an_interpreter_is_not_static() {
        let me = std::env::current_exe().unwrap();
        let bytes = fs::read(me).unwrap();
        // Test programs are linked with the system's C library.
        if cfg!(target_env = "gnu") {
            assert_eq!(names_no_interpreter(&bytes), Some(false));
        }
    }

    #[test]
    fn what_the_platform_runs_is_missed_where_there_is_a_platform() {
        let told = |bare, there: &[&str]| -> Vec<String> {
            let findings = missing(bare, |program| there.contains(&program));
            findings.iter().map(|finding| format!("{finding:?}")).collect()
        };
        let (whole, bare) = (told(false, &[]), told(true, &[]));
        assert_eq!(whole.len(), SYSTEM.len() + PLATFORM.len());
        assert_eq!(bare.len(), SYSTEM.len());
        let about = |told: &[String], text: &str| told.iter().any(|line| line.contains(text));
        assert!(about(&whole, "apt-get install docker-compose"), "{whole:?}");
        assert!(about(&whole, "git is missing") && !about(&bare, "git is missing"));
        assert!(!about(&told(false, &["git"]), "git is missing"));
    }

    #[test]
    fn odd_files_are_not_static() {
        assert_eq!(names_no_interpreter(b"#!/bin/sh"), None);
        assert_eq!(names_no_interpreter(b"\x7fELF\x02"), None);
        assert_eq!(names_no_interpreter(&[]), None);
    }
}
