use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};

use persys_contract::{Role, topology::Topology};
use persys_identity::{Authority, Credentials, role_of, write_credentials};
use rustls_pki_types::{CertificateDer, pem::PemObject};

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
        [
            "api-gateway.crt",
            "api-gateway.key",
            "ca.crt",
            "faultd.crt",
            "faultd.key",
            "github-client-secret",
            "github-webhook-secret",
            "jwt-key",
        ]
    );
    assert_eq!(
        files(&out.path().join("github")),
        [
            "ca.crt",
            "faultd.crt",
            "faultd.key",
            "github-admin-token",
            "github-client-secret",
            "github-webhook-secret",
            "github.crt",
            "github.key",
            "webhook.crt",
            "webhook.key",
        ]
    );
    assert_eq!(
        files(&out.path().join("agent1")),
        ["agent-secret", "ca.crt", "docker.crt", "docker.key", "faultd.crt", "faultd.key"]
    );
    let client = files(&out.path().join("client"));
    for name in [
        "agent-secret",
        "ca.key",
        "github-admin-token",
        "github-client-secret",
        "github-webhook-secret",
        "jwt-key",
    ] {
        assert!(client.iter().any(|file| file == name), "{name}");
    }
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
fn each_secret_is_the_same_everywhere_and_new_each_time() {
    let ((first, _), (second, _)) = (written(), written());
    let mut seen = BTreeSet::new();
    for (name, machines) in [
        ("agent-secret", &["agent1", "prow2", "client"][..]),
        ("github-client-secret", &["gateway", "github", "client"]),
        ("github-webhook-secret", &["gateway", "github", "client"]),
        ("jwt-key", &["gateway", "client"]),
        ("github-admin-token", &["github", "client"]),
    ] {
        let read =
            |out: &Path, machine: &str| fs::read_to_string(out.join(machine).join(name)).unwrap();
        let secret = read(first.path(), machines[0]);
        assert_eq!(secret.len(), 64, "{name}");
        for machine in machines {
            assert_eq!(read(first.path(), machine), secret, "{machine}/{name}");
            assert_ne!(read(second.path(), machine), secret, "{machine}/{name}");
        }
        assert!(seen.insert(secret), "{name} is another secret too");
    }
}

#[test]
fn webhooks_are_sent_as_a_client() {
    let (out, _) = written();
    let pem = fs::read(out.path().join("github/webhook.crt")).unwrap();
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem).map(Result::unwrap).collect();
    assert_eq!(role_of(&chain[0]), Some(Role::Client));
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
