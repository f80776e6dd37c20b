//! What a machine sees, and what it does not.

use std::fs;

use crate::lab::Lab;

#[test]
fn machines_see_each_other_through_the_switch_and_nothing_else() {
    let lab = Lab::up("isolate", &["--bare"]);
    assert_eq!(lab.on("client", "hostname"), "client");
    // By name, and as CoreDNS.
    lab.on("client", "busybox nc -w 3 etcd 2379 </dev/null");
    lab.on("prow1", "busybox nc -w 3 dns.persys.local 53 </dev/null");
    let refused = lab.shell("client", "busybox nc -w 3 gateway 8551 </dev/null");
    assert!(!refused.status.success(), "nothing listens on the gateway of a bare lab");
    // No way out, not even for a name.
    assert_eq!(
        lab.on("client", "ip route"),
        "10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.10"
    );
    assert!(
        !lab.shell("client", "timeout 3 busybox wget -q -O - http://1.1.1.1/").status.success()
    );
    // The switch is no machine of the host's.
    let hosts = fs::read_to_string("/proc/net/dev").unwrap();
    assert!(!hosts.contains("to-client"), "{hosts}");

    // Its own processes, files and secrets.
    assert_eq!(
        lab.on("client", "cat /proc/1/cmdline | tr '\\0' ' '").split(' ').nth(1),
        Some("__machine")
    );
    assert!(!lab.on("etcd", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").contains("coredns"));
    assert_eq!(
        lab.on("etcd", "ls /run/persys/credentials"),
        "ca.crt\netcd.crt\netcd.key\nfaultd.crt\nfaultd.key"
    );
    assert_eq!(
        lab.on("etcd", "stat -c %a /run/persys/credentials /run/persys/credentials/etcd.key"),
        "700\n600"
    );
    for folder in ["/run", "/tmp", "/etc", "/opt", "/var", "/dev/shm"] {
        lab.on("agent1", &format!("echo mine > {folder}/persys-isolation"));
        assert!(!fs::exists(format!("{folder}/persys-isolation")).unwrap(), "{folder}");
        assert!(
            !lab.shell("agent2", &format!("test -e {folder}/persys-isolation")).status.success()
        );
    }
    // The engine's key was made on the machine, whatever the host has.
    lab.on("agent1", "docker info");
    let engine = |machine| lab.on(machine, "docker info --format '{{.ID}} {{.CgroupDriver}}'");
    let (one, other) = (engine("agent1"), engine("agent2"));
    assert!(one.ends_with(" cgroupfs"), "{one}");
    assert_ne!(one, other);
}

#[test]
fn the_topology_and_the_user_s_environment_are_on_the_client() {
    let lab = Lab::up("client", &["--bare"]);
    let topology = lab.on("client", "cat /run/persys/topology.json");
    let topology: serde_json::Value = serde_json::from_str(&topology).unwrap();
    assert_eq!(topology["machines"]["client"]["address"], "10.77.0.10");
    assert_eq!(lab.on("client", "echo $PERSYS_GATEWAY"), "https://10.77.0.20:8551");
    lab.on("client", "test -r $TLS_CERT && test -r $TLS_KEY && test -r $TLS_CA");
    assert_eq!(lab.on("etcd", "echo $PERSYS_GATEWAY"), "");
}
