//! What nodes send: `POST /nodes/register` and `POST /nodes/heartbeat`.

use persys_reference_base::defect;
use std::{net::IpAddr, sync::Arc};

use axum::{Json, extract::State};
use persys_contract::{
    ErrorCode, Heartbeat, NODE_ID_RULE, Node, NodeStatus, RegistrationReply, is_node_id,
};
use persys_reference_base::http::{ApiError, StrictJson};
use serde_json::{Value, json};

use crate::{clock::now_text, scheduler::Scheduler, store::Changed};

/// Takes a node up, new or known.
pub async fn register(
    State(scheduler): State<Arc<Scheduler>>,
    StrictJson(node): StrictJson<Node>,
) -> Result<Json<RegistrationReply>, ApiError> {
    check(&node).map_err(|text| ApiError::new(ErrorCode::BadRequest, text))?;
    let node = Node {
        status: Some(NodeStatus::Active),
        last_heartbeat: Some(now_text()),
        domain_name: Some(scheduler.names.node_name(&node.node_id)),
        ..node
    };
    scheduler.store.register_node(&node, &scheduler.names).await?;
    tracing::info!(node = node.node_id, address = node.ip_address, "a node registered");
    Ok(Json(RegistrationReply { node_id: node.node_id, status: "Registered".to_owned() }))
}

/// Notes that a node lives.
pub async fn beat(
    State(scheduler): State<Arc<Scheduler>>,
    StrictJson(beat): StrictJson<Heartbeat>,
) -> Result<Json<Value>, ApiError> {
    let mut before = None;
    let change = |node: &mut Node| {
        before = node.status;
        node.status = Some(beat.status);
        node.available_cpu = beat.available_cpu;
        node.available_memory = beat.available_memory;
        defect!("heartbeats-not-noted" => return true);
        node.last_heartbeat = Some(now_text());
        true
    };
    let unknown = || ApiError::not_found("there is no node with this id; register again");
    if !is_node_id(&beat.node_id) {
        return Err(unknown());
    }
    match scheduler.store.change_node(&beat.node_id, &scheduler.names, change).await? {
        Changed::Absent => Err(unknown()),
        Changed::Same(_) | Changed::Done(_) => {
            if before != Some(beat.status) {
                let status = beat.status.as_str();
                tracing::info!(node = beat.node_id, status, "a node's status changed");
            }
            Ok(Json(json!({"nodeId": beat.node_id, "status": beat.status})))
        }
    }
}

/// What is wrong with a node that registers.
fn check(node: &Node) -> Result<(), String> {
    if !is_node_id(&node.node_id) {
        return Err(format!("nodeId: {NODE_ID_RULE}"));
    }
    if node.ip_address.parse::<IpAddr>().is_err() {
        return Err("ipAddress: must be an IP address".to_owned());
    }
    if node.agent_port == 0 {
        return Err("agentPort: must be from 1 to 65535".to_owned());
    }
    if node.hostname.is_empty() {
        return Err("hostname: must not be empty".to_owned());
    }
    if !(node.total_cpu.is_finite() && node.total_cpu > 0.0) {
        return Err("totalCpu: must be more than 0 cores".to_owned());
    }
    if node.total_memory == 0 {
        return Err("totalMemory: must be more than 0 bytes".to_owned());
    }
    if node.container_engine.kind != "docker" {
        return Err("containerEngine: its type must be docker".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(change: Value) -> Node {
        let mut node = json!({
            "nodeId": "agent1", "ipAddress": "10.0.0.1", "agentPort": 8080, "hostname": "agent1",
            "totalCpu": 2.0, "totalMemory": 1024, "containerEngine": {"type": "docker"},
        });
        for (key, value) in change.as_object().unwrap() {
            node[key] = value.clone();
        }
        serde_json::from_value(node).unwrap()
    }

    #[test]
    fn each_refusal_names_the_field() {
        assert_eq!(check(&node(json!({}))), Ok(()));
        for (change, field) in [
            (json!({"nodeId": ""}), "nodeId"),
            (json!({"nodeId": "../x"}), "nodeId"),
            (json!({"nodeId": "_prow-scheduler"}), "nodeId"),
            (json!({"nodeId": "Scheduler"}), "nodeId"),
            (json!({"ipAddress": "agent1"}), "ipAddress"),
            (json!({"agentPort": 0}), "agentPort"),
            (json!({"hostname": ""}), "hostname"),
            (json!({"totalCpu": 0.0}), "totalCpu"),
            (json!({"totalMemory": 0}), "totalMemory"),
            (json!({"containerEngine": {"type": "podman"}}), "containerEngine"),
        ] {
            let error = check(&node(change)).unwrap_err();
            assert!(error.starts_with(&format!("{field}: ")), "{error}");
        }
    }
}
