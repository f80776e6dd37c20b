use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use persys_contract::topology::Topology;
use persys_identity::{Authority, Credentials, write_credentials};

const TOPOLOGY: &str = include_str!("../../../topology.json");

fn written() -> (tempfile::TempDir, Topology) {
    let topology = Topology::parse(Path::new("topology.json"), TOPOLOGY).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_credentials(&topology, folder.path()).unwrap();
    (folder, topology)
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn each_machine_gets_what_it_needs_and_nothing_else() {
    let (out, _) = written();
    assert_eq!(
        files(&out.path().join("gateway")),
        ["api-gateway.crt", "api-gateway.key", "ca.crt", "faultd.crt", "faultd.key"]
    );
    assert_eq!(
        files(&out.path().join("agent1")),
        ["agent-secret", "ca.crt", "docker.crt", "docker.key", "faultd.crt", "faultd.key"]
    );
    assert!(files(&out.path().join("client")).contains(&"ca.key".to_owned()));
}

#[test]
fn files_and_folders_are_the_owner_s_alone() {
    let (out, topology) = written();
    for machine in topology.machines.keys() {
        let folder = out.path().join(machine);
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for name in files(&folder) {
            let mode = fs::metadata(folder.join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{machine}/{name}");
        }
    }
}

#[test]
fn every_pair_can_be_loaded_and_the_authority_issues_again() {
    let (out, topology) = written();
    for machine in topology.machines.keys() {
        let folder = out.path().join(machine);
        for name in files(&folder) {
            if let Some(base) = name.strip_suffix(".crt").filter(|&base| base != "ca") {
                let loaded = Credentials::in_folder(&folder, base).load().unwrap();
                loaded.server_config().unwrap();
            }
        }
    }
    Authority::load(&out.path().join("client")).unwrap();
}

#[test]
fn the_shared_secret_is_the_same_everywhere_and_new_each_time() {
    let secret = |out: &Path, machine: &str| {
        fs::read_to_string(out.join(machine).join("agent-secret")).unwrap()
    };
    let ((first, _), (second, _)) = (written(), written());
    assert_eq!(secret(first.path(), "agent1"), secret(first.path(), "prow2"));
    assert_eq!(secret(first.path(), "agent1").len(), 64);
    assert_ne!(secret(first.path(), "agent1"), secret(second.path(), "agent1"));
}

#[test]
fn an_unusable_file_is_named() {
    let (out, _) = written();
    let folder = out.path().join("agent1");
    fs::write(folder.join("docker.key"), "nonsense").unwrap();
    let error = Credentials::in_folder(&folder, "docker").load().err().unwrap().to_string();
    assert!(error.contains("docker.key: it holds no private key"), "{error}");
    fs::remove_file(folder.join("docker.crt")).unwrap();
    let error = Credentials::in_folder(&folder, "docker").load().err().unwrap().to_string();
    assert!(error.starts_with("read ") && error.contains("docker.crt"), "{error}");
}
