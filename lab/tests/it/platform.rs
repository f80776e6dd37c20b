//! The components under test are configured as contract §1 says.

use crate::lab::{Lab, StandIns};

/// A stand-in that shows its environment.
const SHOWS: &str = "#!/usr/bin/perl
use Socket;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
send($s, 'READY=1', 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die;
$| = 1;
print map { \"$_=$ENV{$_}\\n\" } sort keys %ENV;
sleep 1000 while 1;
";

#[test]
fn each_component_finds_its_configuration_in_its_environment() {
    let stand_ins = StandIns::new();
    for name in ["api-gateway", "prow-scheduler", "persys-agent", "persys-faultd", "persys-github"]
    {
        stand_ins.write(name, SHOWS);
    }
    let lab = Lab::up("shows", &["--bin-dir", stand_ins.path()]);
    let shown = |machine: &str, component: &str| {
        lab.on(machine, &format!("cat /run/persys/log/{component}.log"))
    };
    let credentials = "/run/persys/credentials";
    let expect = |shown: &str, lines: &[String]| {
        for line in lines {
            assert!(shown.lines().any(|own| own == line), "{line} is not in:\n{shown}");
        }
    };
    expect(
        &shown("gateway", "api-gateway"),
        &[
            "LISTEN_TLS=10.77.0.20:8551".to_owned(),
            "LISTEN_PLAIN=10.77.0.20:8085".to_owned(),
            "COREDNS_ADDR=10.77.0.40:53".to_owned(),
            "PROW_SCHEDULER_ADDR=10.77.0.31:8085".to_owned(),
            "DOMAIN=persys.local".to_owned(),
            "DISCOVERY_SERVICE=_prow-scheduler".to_owned(),
            "DISCOVERY_INTERVAL=2".to_owned(),
            format!("TLS_CERT={credentials}/api-gateway.crt"),
            "GITHUB_URL=https://10.77.0.70".to_owned(),
            "GITHUB_API_URL=https://10.77.0.70/api/v3".to_owned(),
            "GITHUB_CLIENT_ID=persys-test".to_owned(),
            format!("GITHUB_CLIENT_SECRET_FILE={credentials}/github-client-secret"),
            format!("GITHUB_WEBHOOK_SECRET_FILE={credentials}/github-webhook-secret"),
            format!("GITHUB_CA={credentials}/ca.crt"),
            format!("JWT_KEY_FILE={credentials}/jwt-key"),
            "PUBLIC_URL=https://10.77.0.20:8551".to_owned(),
        ],
    );
    expect(
        &shown("github", "github"),
        &[
            "LISTEN=10.77.0.70:443".to_owned(),
            "DATA_DIR=/run/persys/lib/github".to_owned(),
            "GITHUB_CLIENT_ID=persys-test".to_owned(),
            "GITHUB_CALLBACK_URL=https://10.77.0.20:8551/auth/callback".to_owned(),
            format!("GITHUB_CLIENT_SECRET_FILE={credentials}/github-client-secret"),
            format!("GITHUB_WEBHOOK_SECRET_FILE={credentials}/github-webhook-secret"),
            format!("ADMIN_TOKEN_FILE={credentials}/github-admin-token"),
            format!("TLS_CERT={credentials}/github.crt"),
            format!("WEBHOOK_CERT={credentials}/webhook.crt"),
        ],
    );
    expect(
        &shown("prow2", "prow-scheduler"),
        &[
            "LISTEN_TLS=10.77.0.32:8085".to_owned(),
            "LISTEN_PLAIN=10.77.0.32:8084".to_owned(),
            "INSTANCE=prow2".to_owned(),
            "ETCD_ENDPOINTS=https://10.77.0.50:2379".to_owned(),
            format!("ETCD_KEY={credentials}/etcd-client.key"),
            format!("AGENT_SECRET_FILE={credentials}/agent-secret"),
            "RECONCILE_INTERVAL=2".to_owned(),
        ],
    );
    expect(
        &shown("agent1", "persys-agent"),
        &[
            "LISTEN=10.77.0.61:8080".to_owned(),
            "CENTRAL_URL=http://10.77.0.31:8084,http://10.77.0.32:8084".to_owned(),
            "NODE_ID=agent1".to_owned(),
            "NODE_LABELS=disk=ssd,zone=a".to_owned(),
            "HEARTBEAT_INTERVAL=1".to_owned(),
        ],
    );
    // The user's own credentials are for the user's commands.
    assert!(!shown("client", "persys-faultd").contains("TLS_CERT="));
    // Nothing of the host's environment but what is passed on on purpose.
    assert!(!shown("gateway", "api-gateway").contains("CARGO"));
}
