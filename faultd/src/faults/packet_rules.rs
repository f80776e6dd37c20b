//! The text of the packet filter's rules.

use std::{fmt::Write, net::IpAddr};

use crate::protocol::{Direction, LeaseId};

/// The name of our tables; nothing else may bear it.
pub(super) const TABLE: &str = "persys_faultd";

/// How often a packet is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    All,
    Percent(u8),
}

/// The rules of one lease: a chain for what comes in, and one for what goes out.
///
/// Coming in, packets are dropped before anything else sees them, those for
/// containers included. Going out, they are dropped on the interface where the
/// kernel allows that: senders then notice nothing, as on a broken link. Elsewhere
/// they are dropped behind the routing, where a datagram's sender gets an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PacketRules {
    pub(super) lease: LeaseId,
    pub(super) peers: Vec<IpAddr>,
    pub(super) direction: Direction,
    pub(super) share: Share,
    /// The daemons' port, which is never cut: leases must be released through it.
    pub(super) exempt: u16,
    /// The interface to drop on, if the kernel can.
    pub(super) egress: Option<String>,
}

/// A chain of ours: the family of its table and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) family: &'static str,
    pub(super) name: String,
}

/// The chains that a lease may have, however it was put in place.
pub(super) fn chain_names(lease: LeaseId) -> [String; 2] {
    [format!("in_{lease}"), format!("out_{lease}")]
}

impl PacketRules {
    pub(super) fn chains(&self) -> Vec<Chain> {
        let [incoming, outgoing] = chain_names(self.lease);
        let mut chains = Vec::new();
        if self.direction != Direction::Out {
            chains.push(Chain { family: "inet", name: incoming });
        }
        if self.direction != Direction::In {
            let family = if self.egress.is_some() { "netdev" } else { "inet" };
            chains.push(Chain { family, name: outgoing });
        }
        chains
    }

    /// What `nft -f` reads. It takes effect as a whole or not at all.
    pub(super) fn script(&self) -> String {
        let [incoming, outgoing] = chain_names(self.lease);
        let mut script = String::new();
        if self.direction != Direction::Out {
            let hook = "hook prerouting priority -300";
            self.write_chain(&mut script, "inet", &incoming, hook, "saddr");
        }
        if self.direction != Direction::In {
            match &self.egress {
                Some(device) => {
                    let hook = format!("hook egress devices = {{ \"{device}\" }} priority 0");
                    self.write_chain(&mut script, "netdev", &outgoing, &hook, "daddr");
                }
                None => {
                    let hook = "hook postrouting priority 300";
                    self.write_chain(&mut script, "inet", &outgoing, hook, "daddr");
                }
            }
        }
        script
    }

    fn write_chain(&self, script: &mut String, family: &str, chain: &str, hook: &str, end: &str) {
        let chance = match self.share {
            Share::All => String::new(),
            Share::Percent(percent) => format!("numgen random mod 100 < {percent} "),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(script, "table {family} {TABLE} {{\n\tchain {chain} {{");
        let _ = writeln!(script, "\t\ttype filter {hook}; policy accept;");
        for port in ["dport", "sport"] {
            let _ = writeln!(script, "\t\ttcp {port} {} accept", self.exempt);
        }
        for (protocol, peers) in by_protocol(&self.peers) {
            let _ = writeln!(script, "\t\t{protocol} {end} {{ {peers} }} {chance}counter drop");
        }
        script.push_str("\t}\n}\n");
    }
}

/// The peers as sets, one for each version of the protocol that occurs.
fn by_protocol(peers: &[IpAddr]) -> Vec<(&'static str, String)> {
    let mut sets = Vec::new();
    for (protocol, is_six) in [("ip", false), ("ip6", true)] {
        let mut members: Vec<String> =
            peers.iter().filter(|peer| peer.is_ipv6() == is_six).map(IpAddr::to_string).collect();
        members.sort();
        members.dedup();
        if !members.is_empty() {
            sets.push((protocol, members.join(", ")));
        }
    }
    sets
}

#[cfg(test)]
#[path = "packet_rules_tests.rs"]
mod tests;
