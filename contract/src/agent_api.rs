//! What a scheduler and an agent say to each other (contract §3.3).

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::RestartPolicy;

/// The label by which an agent's containers are known.
pub const WORKLOAD_LABEL: &str = "workloadId";

/// The label of a compose project's container that is done once it has exited with code 0,
/// as the compose file says. All others are to run.
pub const RUN_ONCE_LABEL: &str = "persys.runOnce";

/// The body of `POST /docker/run`. Idempotent by `workload_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DockerRun {
    pub workload_id: String,
    /// The container's name; equals the workload id.
    pub name: String,
    /// The workload's name.
    pub display_name: String,
    pub image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    pub env: BTreeMap<String, String>,
    pub ports: Vec<String>,
    pub volumes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// Answer at once, pull and start in the background.
    #[serde(rename = "async")]
    pub background: bool,
}

/// The body of `POST /compose/run`. Idempotent by `workload_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ComposeRun {
    pub workload_id: String,
    /// The workload's name.
    pub display_name: String,
    /// A folder on the node with a compose file; this or `compose`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compose_dir: Option<String>,
    /// A compose file in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compose: Option<String>,
    /// What the compose file's `${VARIABLES}` stand for.
    pub env_variables: BTreeMap<String, String>,
    /// Answer at once, pull and start in the background.
    #[serde(rename = "async")]
    pub background: bool,
}

/// The body of `POST /compose/clone`. Idempotent by `workload_id`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ComposeClone {
    pub workload_id: String,
    /// The workload's name.
    pub display_name: String,
    /// A Git repository with a compose file at its top.
    pub repo_url: String,
    /// The repository's own choice when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Opens the repository; in no log and no response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_token: Option<String>,
    /// What the compose file's `${VARIABLES}` stand for.
    pub env_variables: BTreeMap<String, String>,
    /// Answer at once, clone, pull and start in the background.
    #[serde(rename = "async")]
    pub background: bool,
}

impl fmt::Debug for ComposeClone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComposeClone")
            .field("workload_id", &self.workload_id)
            .field("display_name", &self.display_name)
            .field("repo_url", &self.repo_url)
            .field("branch", &self.branch)
            .field("env_variables", &self.env_variables)
            .field("background", &self.background)
            .finish_non_exhaustive()
    }
}

/// The answer to an asynchronous run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedReply {
    /// `queued`.
    pub result: String,
    pub workload_id: String,
}

/// One container in the answer to `GET /docker/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerEntry {
    pub id: String,
    pub names: Vec<String>,
    /// Docker's state (`created`, `running`, `paused`, `exited`, …), or a status of
    /// contract §2 for a run that has no container yet, and `Missing` for a service of
    /// a compose project whose container is gone.
    pub status: String,
    pub image: String,
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Docker's message, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `GET /docker/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerList {
    pub result: Vec<ContainerEntry>,
}

/// The body of `GET /api/v1/health` on an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentHealth {
    pub status: String,
    pub node_id: String,
    /// What the Docker Engine answered.
    pub docker: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_order_travels_with_its_token_and_is_shown_without() {
        let order: ComposeClone = serde_json::from_str(
            r#"{"workloadId":"w","repoUrl":"https://git/x","authToken":"s3cret","async":true,"new":1}"#,
        )
        .unwrap();
        assert_eq!(order.auth_token.as_deref(), Some("s3cret"));
        assert!(order.background && order.branch.is_none());
        assert!(serde_json::to_string(&order).unwrap().contains("\"authToken\":\"s3cret\""));
        assert!(!format!("{order:?}").contains("s3cret"));
    }

    #[test]
    fn a_compose_order_names_its_fields_as_the_contract_does() {
        let order = ComposeRun {
            workload_id: "w".into(),
            display_name: "shop".into(),
            compose: Some("e30=".into()),
            env_variables: BTreeMap::from([("A".into(), "b".into())]),
            background: true,
            ..ComposeRun::default()
        };
        assert_eq!(
            serde_json::to_value(&order).unwrap(),
            serde_json::json!({"workloadId": "w", "displayName": "shop", "compose": "e30=",
                "envVariables": {"A": "b"}, "async": true})
        );
    }
}
