//! The wire's form, and that it survives a way there and back.

use persys_hostile::almost;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::properties;

fn wire<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn faults_have_the_documented_form() {
    let peers = vec!["10.77.0.50".parse().unwrap()];
    for (fault, form) in [
        (Fault::Stop { component: "etcd".into() }, json!({"kind": "stop", "component": "etcd"})),
        (
            Fault::Cut { peers: peers.clone(), direction: Direction::Both },
            json!({"kind": "cut", "peers": ["10.77.0.50"], "direction": "both"}),
        ),
        (
            Fault::Loss { peers: peers.clone(), percent: 30 },
            json!({"kind": "loss", "peers": ["10.77.0.50"], "percent": 30}),
        ),
        (
            Fault::Delay { peers, ms: 100 },
            json!({"kind": "delay", "peers": ["10.77.0.50"], "ms": 100}),
        ),
        (Fault::Rate { bytes_per_second: 1000 }, json!({"kind": "rate", "bytesPerSecond": 1000})),
        (
            Fault::FillDisk { path: "/run/persys".into(), leave_bytes: 0 },
            json!({"kind": "fill-disk", "path": "/run/persys", "leaveBytes": 0}),
        ),
        (Fault::Memory { bytes: 5 }, json!({"kind": "memory", "bytes": 5})),
        (Fault::Cpu { threads: 2 }, json!({"kind": "cpu", "threads": 2})),
        (
            Fault::ContainerMemory { leave_bytes: 5 },
            json!({"kind": "container-memory", "leaveBytes": 5}),
        ),
        (
            Fault::Descriptors { component: "persys-agent".into() },
            json!({"kind": "descriptors", "component": "persys-agent"}),
        ),
    ] {
        assert_eq!(wire(&fault), form);
        assert_eq!(serde_json::from_value::<Fault>(form.clone()).unwrap(), fault);
        assert_eq!(form["kind"], fault.kind());
    }
}

#[test]
fn what_is_not_a_fault_is_refused() {
    for form in [
        json!({"kind": "explode"}),
        json!({"kind": "stop"}),
        json!({"kind": "stop", "component": "etcd", "force": true}),
        json!({"kind": "cut", "peers": ["etcd"], "direction": "both"}),
        json!({"kind": "cut", "peers": [], "direction": "sideways"}),
        json!({"kind": "loss", "peers": [], "percent": 256}),
        json!({"kind": "rate", "bytesPerSecond": -1}),
        json!("stop"),
    ] {
        assert!(serde_json::from_value::<Fault>(form.clone()).is_err(), "{form}");
    }
}

#[test]
fn actions_have_the_documented_form() {
    let kill = Action::ContainerKill { container: "web".into() };
    assert_eq!(wire(&kill), json!({"action": "container-kill", "container": "web"}));
    let restart = Action::Restart { component: "etcd".into() };
    assert_eq!(wire(&restart), json!({"action": "restart", "component": "etcd"}));
    assert!(serde_json::from_value::<Action>(json!({"action": "stop"})).is_err());
}

#[test]
fn refusals_have_the_documented_form() {
    let body = RefusalBody {
        error: "this machine lacks netem".into(),
        code: RefusalCode::Unsupported,
        missing: Some(Capability::Netem),
    };
    let form = json!({
        "error": "this machine lacks netem", "code": "unsupported", "missing": "netem",
    });
    assert_eq!(wire(&body), form);
    for code in RefusalCode::ALL {
        assert_eq!(wire(code), code.as_str());
        assert!((400..600).contains(&code.status()));
    }
}

#[test]
fn a_report_lies_flat() {
    let report = ComponentReport {
        component: Component {
            name: "etcd".into(),
            state: ComponentState::Ready,
            pid: Some(7),
            since: "2025-01-02T03:04:05Z".parse().unwrap(),
            exit: None,
            restarts: 0,
            log_file: "/run/persys/log/etcd.log".into(),
        },
        figures: Some(Figures {
            rss_bytes: 1,
            open_fds: 2,
            cpu_seconds: 0.5,
            threads: 3,
            processes: 1,
        }),
    };
    let form = json!({
        "name": "etcd", "state": "ready", "pid": 7, "since": "2025-01-02T03:04:05Z",
        "restarts": 0, "logFile": "/run/persys/log/etcd.log",
        "figures": {
            "rssBytes": 1, "openFds": 2, "cpuSeconds": 0.5, "threads": 3, "processes": 1,
        },
    });
    assert_eq!(wire(&report), form);
    assert_eq!(serde_json::from_value::<ComponentReport>(form).unwrap(), report);
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let peers = || proptest::collection::vec(any::<std::net::IpAddr>(), 0..4);
    let name = || "[a-z-]{1,12}";
    prop_oneof![
        name().prop_map(|component| Fault::Stop { component }),
        name().prop_map(|component| Fault::Kill { component }),
        name().prop_map(|component| Fault::Pause { component }),
        (peers(), prop_oneof![Just(Direction::Both), Just(Direction::In), Just(Direction::Out)])
            .prop_map(|(peers, direction)| Fault::Cut { peers, direction }),
        (peers(), any::<u8>()).prop_map(|(peers, percent)| Fault::Loss { peers, percent }),
        (peers(), any::<u32>()).prop_map(|(peers, ms)| Fault::Delay { peers, ms }),
        any::<u64>().prop_map(|bytes_per_second| Fault::Rate { bytes_per_second }),
        ("(/[a-z]{1,5}){1,3}", any::<u64>())
            .prop_map(|(path, leave_bytes)| Fault::FillDisk { path: path.into(), leave_bytes }),
        any::<u64>().prop_map(|bytes| Fault::Memory { bytes }),
        any::<u16>().prop_map(|threads| Fault::Cpu { threads }),
        any::<u64>().prop_map(|leave_bytes| Fault::ContainerMemory { leave_bytes }),
        name().prop_map(|component| Fault::Descriptors { component }),
    ]
}

/// One of each that travels or is kept.
const FRAMES: [&[u8]; 7] = [
    br#"{"fault": {"kind": "cut", "peers": ["10.77.0.50", "::1"], "direction": "both"}, "ttlMs": 1000}"#,
    br#"{"fault": {"kind": "fill-disk", "path": "/run/persys", "leaveBytes": 0}, "ttlMs": 1000,
        "id": "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e"}"#,
    br#"{"action": "container-kill", "container": "web"}"#,
    br#"{"op": "stop", "component": "etcd"}"#,
    br#"{"schema": 1, "leases": [{"id": "8c1f2f0e-7f5e-4b7e-9d52-9f6a5b1d2c3e",
        "fault": {"kind": "loss", "peers": [], "percent": 30}, "state": "active",
        "createdAt": "2025-01-02T03:04:05Z", "effectiveAt": "2025-01-02T03:04:05Z",
        "expiresAt": "2025-01-02T03:04:05Z"}]}"#,
    br#"{"ok": true, "components": [{"name": "etcd", "state": "ready", "pid": 7,
        "since": "2025-01-02T03:04:05Z", "restarts": 0, "logFile": "/run/persys/log/etcd.log"}]}"#,
    br#"{"error": "this machine lacks netem", "code": "unsupported", "missing": "netem"}"#,
];

#[test]
fn the_frames_are_right_before_anything_is_changed() {
    let read = |n: usize| serde_json::from_slice::<Value>(FRAMES[n]).unwrap();
    assert!(serde_json::from_value::<LeaseRequest>(read(0)).is_ok());
    assert!(serde_json::from_value::<LeaseRequest>(read(1)).is_ok());
    assert!(serde_json::from_value::<Action>(read(2)).is_ok());
    assert!(serde_json::from_value::<crate::supervisor::Request>(read(3)).is_ok());
    assert!(serde_json::from_value::<Lease>(read(4)["leases"][0].clone()).is_ok());
    assert!(serde_json::from_value::<crate::supervisor::Response>(read(5)).is_ok());
    assert!(serde_json::from_value::<RefusalBody>(read(6)).is_ok());
}

proptest! {
    #[test]
    fn leases_survive_the_wire(
        fault in any_fault(),
        id in any::<u128>(),
        seconds in 0_i64..4_000_000_000,
        error in proptest::option::of(".{0,20}"),
    ) {
        let at = jiff::Timestamp::from_second(seconds).unwrap();
        let lease = Lease {
            id: LeaseId(Uuid::from_u128(id)),
            fault,
            state: LeaseState::HealFailed,
            created_at: at,
            effective_at: Some(at),
            expires_at: at,
            ended: Some(Ended {
                at,
                how: Ending::NotInjected,
                healing: Healing { seen: None, error, attempts: 3, took_ms: 12 },
            }),
        };
        let text = serde_json::to_string(&lease).unwrap();
        prop_assert_eq!(serde_json::from_str::<Lease>(&text).unwrap(), lease);
    }

    #[test]
    fn frames_with_mistakes_are_refused_or_mean_what_they_say(frame in almost(&FRAMES)) {
        properties::protocol(&frame);
    }
}
