//! The doctor names what is missing, and the mend.

use std::{fs, os::unix::fs::symlink};

use crate::lab::{StandIns, persys_lab, text};

#[test]
fn a_host_that_can_run_a_lab_is_told_so() {
    let output = persys_lab(["doctor", "--bare"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("this host can run a lab"));
}

#[test]
fn missing_programs_are_named_with_their_packages() {
    let output = persys_lab(["doctor", "--bare", "--coredns", "/nowhere/coredns"])
        .args(["--etcd", "/nowhere/etcd"])
        .output()
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("problem: /nowhere/etcd is not a program"), "{said}");
    assert!(said.contains("mend: give --etcd the path of one"), "{said}");
    assert!(said.contains("problem: /nowhere/coredns is not a program"), "{said}");
}

#[test]
fn what_is_not_built_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let folder = empty.path();
    let mut by_option = persys_lab(["doctor", "--bin-dir", folder.to_str().unwrap()]);
    // As a wrapper around an installed lab says it, whose programs are not beside each other.
    let mut by_variable = persys_lab(["doctor"]);
    by_variable.env("PERSYS_LAB_BIN_DIR", folder);
    for command in [&mut by_option, &mut by_variable] {
        let output = command.output().unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(3), "{said}");
        for program in
            ["api-gateway", "prow-scheduler", "persys-agent", "persys-faultd", "persys-cli"]
        {
            let path = folder.join(program);
            assert!(said.contains(&format!("{} is not built", path.display())), "{said}");
        }
        assert!(said.contains("mend: cargo build"), "{said}");
    }
}

/// A busybox that needs libraries, and no folders of system programs in `PATH`.
#[test]
fn a_busybox_with_libraries_is_not_taken() {
    let stand_ins = StandIns::new();
    // Any program that is linked dynamically will do.
    let path = stand_ins.folder.path().join("busybox");
    symlink(fs::canonicalize("/bin/sh").unwrap(), &path).unwrap();
    let path = format!("{}:{}", stand_ins.path(), std::env::var("PATH").unwrap());
    let output = persys_lab(["doctor", "--bare"]).env("PATH", path).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("apt-get install busybox-static"), "{}", text(&output));
}

#[test]
fn not_being_root_is_named_first() {
    let mut command = std::process::Command::new("setpriv");
    command
        .args(["--reuid", "65534", "--clear-groups", "--", env!("CARGO_BIN_EXE_persys-lab")])
        .args(["doctor", "--bare"])
        .current_dir("/");
    let output = command.output().unwrap();
    // A checkout that others may not read cannot be used for this.
    if output.status.code() == Some(127) || text(&output).contains("Permission denied") {
        println!("not checked: the checkout is private");
        return;
    }
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.starts_with("problem: this is not root"), "{said}");
}
