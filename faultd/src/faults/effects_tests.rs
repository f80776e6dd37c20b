use super::*;
use crate::{backend::Lab, protocol::Capability, supervisor::SupervisorClient};

const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

fn effects(address: Ipv4Addr, probed: Probed) -> MachineEffects {
    let backend = Arc::new(Lab::new(SupervisorClient::new("/nowhere"), "/nowhere".into()));
    let place = Place { address, topology: [address.into(), PEER].into(), port: 7077 };
    let disks = DiskLimits { roots: Vec::new(), most_bytes: 0 };
    let containers = ContainerMemory::of_group(None);
    MachineEffects::new(backend, place, probed, disks, containers, "/nowhere".into())
}

fn cut(peer: IpAddr) -> Fault {
    Fault::Cut { peers: vec![peer], direction: Direction::Both }
}

#[tokio::test]
async fn the_network_of_another_machine_is_not_touched() {
    let elsewhere = effects(ELSEWHERE, Probed::default());
    let refused = elsewhere.check(&cut(PEER)).await.unwrap_err();
    assert!(refused.error.contains("no interface has this machine's address"), "{refused}");
    effects(Ipv4Addr::LOCALHOST, Probed::default()).check(&cut(PEER)).await.unwrap();
}

#[tokio::test]
async fn what_the_machine_lacks_is_refused_by_name() {
    let lacking = |text: &str| Some(text.to_owned());
    let probed = Probed {
        nft: lacking("no nft"),
        loss: lacking("no numgen"),
        netem: lacking("no netem"),
        tbf: lacking("no tbf"),
        ..Probed::default()
    };
    let effects = effects(Ipv4Addr::LOCALHOST, probed);
    for (fault, missing, detail) in [
        (cut(PEER), Capability::Nft, "no nft"),
        (Fault::Loss { peers: vec![PEER], percent: 5 }, Capability::Loss, "no numgen"),
        (Fault::Delay { peers: vec![PEER], ms: 5 }, Capability::Netem, "no netem"),
        (Fault::Rate { bytes_per_second: 10_000 }, Capability::Tbf, "no tbf"),
    ] {
        let refused = effects.check(&fault).await.unwrap_err();
        assert_eq!((refused.code, refused.missing), (RefusalCode::Unsupported, Some(missing)));
        assert!(refused.error.contains(detail), "{refused}");
    }
}

#[tokio::test]
async fn silly_amounts_are_refused() {
    let effects = effects(Ipv4Addr::LOCALHOST, Probed::default());
    for fault in [
        Fault::Loss { peers: vec![PEER], percent: 0 },
        Fault::Loss { peers: vec![PEER], percent: 101 },
        Fault::Delay { peers: vec![PEER], ms: 0 },
        Fault::Delay { peers: vec![PEER], ms: 60_001 },
        Fault::Rate { bytes_per_second: 1 },
        Fault::Cut { peers: Vec::new(), direction: Direction::In },
    ] {
        let refused = effects.check(&fault).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::BadRequest, "{fault}");
    }
}

#[tokio::test]
async fn a_supervisor_that_is_away_is_not_a_missing_component() {
    let effects = effects(Ipv4Addr::LOCALHOST, Probed::default());
    let stop = Fault::Stop { component: "etcd".to_owned() };
    let refused = effects.check(&stop).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::BackendUnavailable);
}
