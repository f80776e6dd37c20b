use clap::Parser;
use persys_contract::topology;

use super::*;

#[derive(Parser)]
struct Everything {
    #[command(flatten)]
    secret: AgentSecret,
    #[command(flatten)]
    timings: Timings,
}

fn parse(arguments: &[&str]) -> Everything {
    Everything::try_parse_from([&["test"], arguments].concat()).unwrap()
}

#[test]
fn the_defaults_are_the_contract_s_production_values() {
    let timings = parse(&[]).timings;
    let production = topology::Timings::PRODUCTION;
    assert_eq!(timings.heartbeat_interval, production.heartbeat_interval());
    assert_eq!(timings.node_timeout, production.node_timeout());
    assert_eq!(timings.monitor_interval, production.monitor_interval());
    assert_eq!(timings.reconcile_interval, production.reconcile_interval());
    assert_eq!(timings.discovery_interval, production.discovery_interval());
    assert_eq!(timings.request_timeout, production.request_timeout());
    assert_eq!(timings.signature_window, production.signature_window());
}

#[test]
fn seconds_may_be_fractional_but_not_odd() {
    assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
    assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
    for odd in ["", "0", "-1", "NaN", "inf", "1e300", "soon"] {
        assert!(seconds(odd).is_err(), "{odd}");
    }
}

#[test]
fn the_secret_comes_from_exactly_one_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "s3cret\n").unwrap();
    let path = file.to_str().unwrap();

    let error = |arguments: &[&str]| parse(arguments).secret.key().err().unwrap().to_string();
    assert_eq!(error(&[]), "neither AGENT_SECRET nor AGENT_SECRET_FILE is set");
    assert_eq!(error(&["--agent-secret", ""]), "AGENT_SECRET is empty");
    let both = error(&["--agent-secret", "x", "--agent-secret-file", path]);
    assert_eq!(both, "both AGENT_SECRET and AGENT_SECRET_FILE are set; only one may be");
    let absent = error(&["--agent-secret-file", "/nowhere/secret"]);
    assert!(absent.starts_with("cannot read AGENT_SECRET_FILE /nowhere/secret: "), "{absent}");

    let signed = |key: SignatureKey| key.sign("GET", "/", 1, [0; 16], b"");
    let from_file = parse(&["--agent-secret-file", path]).secret.key().unwrap();
    let given = parse(&["--agent-secret", "s3cret"]).secret.key().unwrap();
    assert_eq!(signed(from_file), signed(given));

    std::fs::write(&file, " \n").unwrap();
    assert!(error(&["--agent-secret-file", path]).ends_with("which is empty"));
}

#[test]
fn the_secret_is_not_shown_by_debug() {
    let secret = parse(&["--agent-secret", "s3cret"]).secret;
    assert!(!format!("{secret:?}").contains("s3cret"));
}
