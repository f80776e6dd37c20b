use uuid::Uuid;

use super::*;

fn rules(direction: Direction, egress: Option<&str>) -> PacketRules {
    PacketRules {
        lease: LeaseId(Uuid::from_u128(0xabc)),
        peers: vec![[10, 77, 0, 50].into(), [10, 77, 0, 31].into(), [10, 77, 0, 50].into()],
        direction,
        share: Share::All,
        exempt: 7077,
        egress: egress.map(str::to_owned),
    }
}

#[test]
fn a_cut_drops_on_the_interface_where_that_is_possible() {
    let script = rules(Direction::Both, Some("eth0")).script();
    assert_eq!(
        script,
        "table inet persys_faultd {\n\
         \tchain in_00000000000000000000000000000abc {\n\
         \t\ttype filter hook prerouting priority -300; policy accept;\n\
         \t\ttcp dport 7077 accept\n\
         \t\ttcp sport 7077 accept\n\
         \t\tip saddr { 10.77.0.31, 10.77.0.50 } counter drop\n\
         \t}\n}\n\
         table netdev persys_faultd {\n\
         \tchain out_00000000000000000000000000000abc {\n\
         \t\ttype filter hook egress devices = { \"eth0\" } priority 0; policy accept;\n\
         \t\ttcp dport 7077 accept\n\
         \t\ttcp sport 7077 accept\n\
         \t\tip daddr { 10.77.0.31, 10.77.0.50 } counter drop\n\
         \t}\n}\n"
    );
}

#[test]
fn one_way_needs_one_chain() {
    let inward = rules(Direction::In, Some("eth0"));
    assert!(!inward.script().contains("out_"));
    assert_eq!(inward.chains().len(), 1);
    let outward = rules(Direction::Out, None);
    assert!(!outward.script().contains("in_0"));
    assert!(outward.script().contains("hook postrouting priority 300"));
    assert_eq!(outward.chains()[0].family, "inet");
}

#[test]
fn a_loss_drops_by_chance() {
    let mut loss = rules(Direction::Both, None);
    loss.share = Share::Percent(30);
    assert_eq!(loss.script().matches("numgen random mod 100 < 30 counter drop").count(), 2);
}

#[test]
fn both_versions_of_the_protocol_are_dropped() {
    let mut cut = rules(Direction::In, None);
    cut.peers.push("fd00::1".parse().unwrap());
    assert!(cut.script().contains("ip6 saddr { fd00::1 } counter drop"));
}

#[test]
fn a_torn_script_is_none() {
    // Were a killed daemon's half script obeyed, its rules would outlive the recovery.
    let script = rules(Direction::Both, None).script();
    let first = script.find("\n}\n").unwrap();
    let torn = &script[..first];
    assert!(torn.matches('{').count() > torn.matches('}').count());
    assert!(script.len() < 4096, "a pipe must take it in one piece");
}
