//! A checkout may lie where machines have folders of their own.

use std::{fs, process::Command};

use crate::lab::{Lab, checkout, persys_lab, text, unique};

#[test]
fn a_checkout_below_a_machine_s_own_folders_is_as_good_as_any() {
    for above in ["/tmp", "/run", "/opt", "/var/lib", "/dev/shm"] {
        let folder = tempfile::tempdir_in(above).unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        let program = folder.join("target/debug/persys-lab");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_persys-lab"), &program).unwrap();
        fs::copy(checkout().join("topology.json"), folder.join("topology.json")).unwrap();
        let tools = checkout().join(".tools");
        let mut run = Command::new(&program);
        run.args(["run", "--bare", "--name", &unique("place")]).current_dir(&folder);
        if tools.join("bin/coredns").exists() {
            run.arg("--coredns").arg(tools.join("bin/coredns"));
        }
        let script = "pwd; test -r topology.json; echo mine > results/report";
        let output = run.args(["--", "sh", "-ec", script]).output().unwrap();
        assert!(output.status.success(), "{above}: {}", text(&output));
        assert!(text(&output).starts_with(folder.to_str().unwrap()), "{above}: {}", text(&output));
        assert_eq!(fs::read_to_string(folder.join("results/report")).unwrap(), "mine\n");
        let log = folder.join("results/latest/logs/etcd/etcd.log");
        assert!(fs::metadata(&log).unwrap().len() > 0, "{}", log.display());
    }
}

#[test]
fn a_lab_in_the_background_shows_its_machines_the_folder_it_was_started_in() {
    for above in ["/tmp", "/run", "/opt"] {
        let folder = tempfile::tempdir_in(above).unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        fs::write(folder.join("script"), "mine").unwrap();
        let lab = Lab { name: unique("place") };
        let topology = checkout().join("topology.json");
        let output = persys_lab(["up", "--bare", "--dns", "embedded", "--name", &lab.name])
            .arg("--topology")
            .arg(topology)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{above}: {}", text(&output));
        assert_eq!(lab.on("client", &format!("cat {}/script", folder.display())), "mine");
    }
}
