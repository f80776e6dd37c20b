//! The contract's vectors, and the same requests on the wire.

use persys_contract::{ErrorCode, SignatureKey};
use reqwest::Method;
use time::Duration;

use super::{
    RefusedOrders,
    receiver::{Receiver, Witnesses},
    remembered,
};
use crate::{
    context::Context,
    evidence::StepResult,
    probe::{HttpRequest, Signing},
    scenarios::support::until_nodes_active,
};

struct Vector {
    key: &'static [u8],
    method: Method,
    path: &'static str,
    timestamp: u64,
    nonce: u128,
    body: &'static str,
    signature: &'static str,
}

const VECTORS: [Vector; 3] = [
    Vector {
        key: b"test-secret",
        method: Method::POST,
        path: "/docker/run",
        timestamp: 1_767_225_600,
        nonce: 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f,
        body: r#"{"workloadId":"w-1","image":"nginx:alpine"}"#,
        signature: "v1=aad24bc156706a1d12e9ffa5c7c9d54f0b105d62caf5e21779af3ab038893463",
    },
    Vector {
        key: b"test-secret",
        method: Method::GET,
        path: "/docker/list",
        timestamp: 1_767_225_601,
        nonce: 0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff,
        body: "",
        signature: "v1=58b18e212839e3d4ea71c87ddb609a2a2f5f241193bb3b222a90c19e99bad549",
    },
    Vector {
        key: &[b'k'; 80],
        method: Method::POST,
        path: "/nodes/heartbeat?x=%20y",
        timestamp: 1_767_225_602,
        nonce: 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff,
        body: r#"{"nodeId":"münchen"}"#,
        signature: "v1=09c253df364a6f0221ca7687e650771c23d906001cefc773240810ca7970da81",
    },
];

/// The verifier signs as the contract says, and the platform takes what is
/// signed so: also a path with an escaped query and a body beyond ASCII, and at
/// either end of the window of time.
pub async fn accepted(cx: &mut Context) -> StepResult {
    let witnesses = Witnesses::start(cx).await?;
    cx.put(witnesses);
    cx.put(RefusedOrders::default());
    let mut checks = cx.checks();
    for vector in &VECTORS {
        let made = SignatureKey::new(vector.key).sign(
            vector.method.as_str(),
            vector.path,
            vector.timestamp,
            vector.nonce.to_be_bytes(),
            vector.body.as_bytes(),
        );
        let name = format!("signature of {} {}", vector.method, vector.path);
        checks.equal(&name, made.signature.as_str(), vector.signature);
    }
    checks.finish()?;

    let window = remembered::window(cx)?;
    let edge = window - Duration::seconds(5).min(window / 2);
    let mut checks = cx.checks();
    for off in [Duration::ZERO, -edge, edge] {
        let at = time::OffsetDateTime::now_utc() + off;
        let signing = || Signing { at: Some(at), ..Signing::default() };
        for agent in Receiver::agents(cx) {
            let list = HttpRequest::get("/docker/list");
            let headers = agent.probe.sign(&list, &signing())?;
            let answer = agent.probe.send_with(list, &headers).await?;
            let name = format!("GET /docker/list of {} signed {off} from now", agent.component);
            checks.equal(&name, answer.status, 200);
        }
        for scheduler in Receiver::schedulers(cx)? {
            // The signature is good, and no node is called so.
            let body =
                r#"{"nodeId":"münchen","status":"active","availableCpu":1.0,"availableMemory":1}"#;
            let beat = HttpRequest::new(Method::POST, "/nodes/heartbeat?x=%20y")
                .header("content-type", "application/json")
                .body(body);
            let headers = scheduler.probe.sign(&beat, &signing())?;
            let answer = scheduler.probe.send_with(beat, &headers).await?;
            let name = format!("heartbeat to {} signed {off} from now", scheduler.component);
            checks.is_true(&name, answer.is_refusal(ErrorCode::NotFound), answer.to_string());
        }
    }
    checks.finish()?;
    // Among what is executed are heartbeats, and of a node that is not registered yet they are
    // refused by rights.
    until_nodes_active(cx).await?;
    remembered::execute(cx).await
}
