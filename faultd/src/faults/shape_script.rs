//! The text of the traffic control that delays and bounds.

use std::{fmt::Write, net::IpAddr};

/// Our root queueing discipline; the number tells it from everybody else's.
pub(super) const ROOT: &str = "7f00:";

/// What the packets of a class suffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Delay { ms: u32 },
    Rate { bytes_per_second: u64 },
}

impl Shape {
    /// The delayed packets that may be under way; more are lost.
    const LIMIT: u32 = 20_000;
    /// At least one segment must fit into the bucket, offloading included.
    const LEAST_BURST: u64 = 65_536;

    fn discipline(self) -> String {
        match self {
            Self::Delay { ms } => format!("netem delay {ms}ms limit {}", Self::LIMIT),
            Self::Rate { bytes_per_second } => {
                // Timers tick up to 250 times a second.
                let burst = (bytes_per_second / 250).max(Self::LEAST_BURST);
                format!("tbf rate {bytes_per_second}bps burst {burst} latency 400ms")
            }
        }
    }
}

/// One shaped interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShapeScript {
    pub(super) device: String,
    pub(super) shape: Shape,
    /// Whom it concerns; everybody when empty.
    pub(super) peers: Vec<IpAddr>,
    /// The daemons' port, which is never shaped.
    pub(super) exempt: u16,
}

impl ShapeScript {
    /// What `tc -batch` reads: four bands, of which the last is shaped.
    pub(super) fn text(&self) -> String {
        let Self { device, exempt, .. } = self;
        let band = if self.peers.is_empty() { 3 } else { 0 };
        let map = vec![band.to_string(); 16].join(" ");
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "qdisc add dev {device} root handle {ROOT} prio bands 4 priomap {map}");
        let discipline = self.shape.discipline();
        let _ = writeln!(text, "qdisc add dev {device} parent {ROOT}4 handle 7f04: {discipline}");
        for port in ["sport", "dport"] {
            let _ = writeln!(
                text,
                "filter add dev {device} parent {ROOT} protocol ip prio 1 u32 match ip protocol 6 0xff match ip {port} {exempt} 0xffff flowid {ROOT}1"
            );
        }
        for peer in self.peers.iter().filter(|peer| peer.is_ipv4()) {
            let _ = writeln!(
                text,
                "filter add dev {device} parent {ROOT} protocol ip prio 2 u32 match ip dst {peer}/32 flowid {ROOT}4"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_delayed_and_the_daemon_is_not() {
        let script = ShapeScript {
            device: "eth0".to_owned(),
            shape: Shape::Delay { ms: 120 },
            peers: vec![[10, 77, 0, 50].into()],
            exempt: 7077,
        };
        let text = script.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[0].ends_with("prio bands 4 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"));
        assert!(lines[1].ends_with("parent 7f00:4 handle 7f04: netem delay 120ms limit 20000"));
        assert!(lines[2].ends_with("match ip sport 7077 0xffff flowid 7f00:1"));
        assert!(lines[4].ends_with("match ip dst 10.77.0.50/32 flowid 7f00:4"));
    }

    #[test]
    fn a_rate_bounds_everybody() {
        let script = ShapeScript {
            device: "eth0".to_owned(),
            shape: Shape::Rate { bytes_per_second: 1_000_000 },
            peers: Vec::new(),
            exempt: 7077,
        };
        let text = script.text();
        assert!(text.contains("priomap 3 3 3"));
        assert!(text.contains("tbf rate 1000000bps burst 65536 latency 400ms"));
        assert_eq!(text.lines().count(), 4);
    }
}
