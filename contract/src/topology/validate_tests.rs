use std::path::Path;

use persys_hostile::almost;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::properties;

const SHIPPED: &str = include_str!("../../../topology.json");

fn parse(text: &str) -> Result<Topology, TopologyError> {
    Topology::parse(Path::new("t.json"), text)
}

/// The shipped topology with one value changed, by JSON pointer.
fn changed(pointer: &str, value: Value) -> String {
    let mut topology: Value = serde_json::from_str(SHIPPED).unwrap();
    *topology.pointer_mut(pointer).expect(pointer) = value;
    topology.to_string()
}

#[test]
fn the_shipped_topology_is_valid_and_survives_a_round_trip() {
    let topology = parse(SHIPPED).unwrap();
    let again = parse(&serde_json::to_string(&topology).unwrap()).unwrap();
    assert_eq!(topology, again);
    assert_eq!(topology.network(), ("10.77.0.0".parse().unwrap(), 24));
}

#[test]
fn each_error_names_file_field_and_mend() {
    for (pointer, value, starts, mend) in [
        ("/schema", json!(9), "t.json: schema: is 9", "same release"),
        ("/token", json!("x"), "t.json: token:", "any longer text"),
        ("/token", json!("eight or\nmore"), "t.json: token:", "without blanks"),
        ("/domain", json!("Persys..local"), "t.json: domain:", "lower-case labels"),
        ("/credentials", json!("run"), "t.json: credentials:", "from the root"),
        ("/subnet", json!("10.77.0.1/24"), "t.json: subnet:", "10.77.0.0/24"),
        ("/machines/dns/address", json!("10.78.0.1"), "t.json: machines.dns.address:", "inside"),
        ("/machines/dns/address", json!("10.77.0.255"), "t.json: machines.dns.address:", "inside"),
        ("/machines/etcd/address", json!("10.77.0.40"), "t.json: machines.etcd.address:", "own"),
        ("/machines/dns/roles", json!([]), "t.json: machines.dns.roles:", "at least one"),
        ("/machines/dns/roles", json!(["client"]), "t.json: machines:", "add a machine"),
        ("/ports/agent", json!(0), "t.json: ports.agent:", "1 to 65535"),
        ("/timings/nodeTimeout", json!(0), "t.json: timings.nodeTimeout:", "0.05"),
        ("/timings/nodeTimeout", json!(1), "t.json: timings.nodeTimeout:", "at least twice"),
        ("/images/web", json!(""), "t.json: images.web:", "image reference"),
        (
            "/timings/requestTimeout",
            json!("5"),
            "t.json: timings.requestTimeout: invalid",
            "line 1",
        ),
        ("/machines/dns/address", json!("x"), "t.json: machines.dns.address: invalid", "line 1"),
    ] {
        let error = parse(&changed(pointer, value)).expect_err(pointer).to_string();
        assert!(error.starts_with(starts), "{error}");
        assert!(error.contains(mend), "{error}");
    }
}

#[test]
fn a_misspelt_field_is_refused_with_its_line() {
    let text = SHIPPED.replace("\"domain\"", "\"domian\"");
    let error = parse(&text).unwrap_err().to_string();
    assert!(error.contains("unknown field `domian`"), "{error}");
    assert!(error.contains("line"), "{error}");
}

#[test]
fn a_machine_name_that_no_interface_can_bear_is_refused() {
    let text =
        SHIPPED.replace("\"gateway\": { \"address\"", "\"gateway-number-one\": { \"address\"");
    let error = parse(&text).unwrap_err().to_string();
    assert!(error.contains("machines.gateway-number-one"), "{error}");
}

proptest! {
    #[test]
    fn odd_files_are_refused_without_panic(text in ".*") {
        prop_assert!(parse(&text).is_err());
    }

    #[test]
    fn files_with_mistakes_are_refused_by_name_or_used(file in almost(&[SHIPPED.as_bytes()])) {
        properties::topology(&file);
    }

    #[test]
    fn odd_subnets_never_panic(text in "[0-9./]{0,20}") {
        let _ = read_subnet(&text);
    }
}
