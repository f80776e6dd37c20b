//! Finds out beforehand what the kernel and the programs of the machine allow.
//!
//! Everything is tried for real, in a network namespace that is gone afterwards.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
};

use uuid::Uuid;

use super::{
    container_memory::ContainerMemory,
    packet_rules::{PacketRules, Share},
    shape_script::{Shape, ShapeScript},
};
use crate::{
    machine::Command,
    protocol::{Capability, Direction, LeaseId},
};

/// The kernel's and the programs' part of the capabilities; of what is missing, how
/// that showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    pub(crate) nft: Option<String>,
    pub(crate) nft_egress: Option<String>,
    pub(crate) loss: Option<String>,
    pub(crate) netem: Option<String>,
    pub(crate) tbf: Option<String>,
    pub(crate) container_memory: Option<String>,
}

impl Probed {
    /// Why a capability is missing; none if it is there. Of Docker nothing is known here.
    pub(crate) fn lack(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::Nft => self.nft.as_deref(),
            Capability::Loss => self.loss.as_deref(),
            Capability::Netem => self.netem.as_deref(),
            Capability::Tbf => self.tbf.as_deref(),
            Capability::ContainerMemory => self.container_memory.as_deref(),
            Capability::Docker => None,
        }
    }
}

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nft, nft_egress, loss, netem, tbf, container_memory } = self;
        let all = [
            ("nft", nft),
            ("nft egress", nft_egress),
            ("loss", loss),
            ("netem", netem),
            ("tbf", tbf),
            ("container memory", container_memory),
        ];
        let lacks: Vec<String> = all
            .into_iter()
            .filter_map(|(name, lack)| Some(format!("{name} ({})", lack.as_deref()?)))
            .collect();
        match lacks.as_slice() {
            [] => f.write_str("nothing"),
            lacks => f.write_str(&lacks.join(", ")),
        }
    }
}

/// Tries every kind of rule once, and looks for the containers' control group.
pub async fn probe(containers: &ContainerMemory) -> Probed {
    let cut = rules(Share::All, None);
    let egress = rules(Share::All, Some("lo"));
    let loss = rules(Share::Percent(50), None);
    let delay = shaping(Shape::Delay { ms: 1 }, vec![PEER]);
    let rate = shaping(Shape::Rate { bytes_per_second: 1_000_000 }, Vec::new());
    let (nft, nft_egress, loss, netem, tbf) = tokio::join!(
        lack_of("nft", ["-f", "-"], cut.script()),
        lack_of("nft", ["-f", "-"], egress.script()),
        lack_of("nft", ["-f", "-"], loss.script()),
        lack_of("tc", ["-batch", "-"], delay.text()),
        lack_of("tc", ["-batch", "-"], rate.text()),
    );
    Probed { nft, nft_egress, loss, netem, tbf, container_memory: containers.lack() }
}

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn rules(share: Share, egress: Option<&str>) -> PacketRules {
    PacketRules {
        lease: LeaseId(Uuid::nil()),
        peers: vec![PEER],
        direction: Direction::Both,
        share,
        exempt: 7077,
        egress: egress.map(str::to_owned),
    }
}

fn shaping(shape: Shape, peers: Vec<IpAddr>) -> ShapeScript {
    ShapeScript { device: "lo".to_owned(), shape, peers, exempt: 7077 }
}

async fn lack_of(program: &str, arguments: [&str; 2], input: String) -> Option<String> {
    let trial = Command::new(program).args(arguments).input(input).thrown_away();
    trial.run().await.err().map(|error| format!("failed to {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_program_cannot_do_is_said() {
        let lack = lack_of("tc", ["-batch", "-"], "qdisc add dev lo root nonsense\n".into()).await;
        assert!(lack.unwrap().starts_with("failed to run unshare"));
    }

    #[test]
    fn every_lack_is_found_by_its_name() {
        let probed = Probed { netem: Some("no".to_owned()), ..Probed::default() };
        assert_eq!(probed.lack(Capability::Netem), Some("no"));
        assert_eq!(probed.lack(Capability::Nft), None);
        assert_eq!(probed.to_string(), "netem (no)");
        assert_eq!(Probed::default().to_string(), "nothing");
    }
}
