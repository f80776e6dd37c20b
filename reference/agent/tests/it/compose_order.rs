//! Orders for projects, and what Docker has of one.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
};
use persys_contract::ComposeRun;

use crate::engine::TestEngine;

/// Two services that go on, and end at once when they are asked to.
pub const TWO: &str = r#"
version: "3.7"
services:
  web:
    image: persys-test/box:1
    command: ["sh", "-c", "trap 'exit 143' TERM; echo \"web says $$GREETING\"; while :; do sleep 0.1; done"]
    environment:
      GREETING: ${GREETING:-nothing}
      LEAKED: "${AGENT_SECRET:-none}"
      PRICE: 5$$
    volumes:
      - data:/data
    depends_on: [db]
  db:
    image: persys-test/box:1
    command: ["sh", "-c", "trap 'exit 143' TERM; echo db is up; while :; do sleep 0.1; done"]
volumes:
  data: {}
"#;

/// An order for a compose file that is sent along.
pub fn project(workload_id: &str, file: &str) -> ComposeRun {
    ComposeRun {
        workload_id: workload_id.to_owned(),
        display_name: format!("{workload_id}-name"),
        compose: Some(STANDARD.encode(file)),
        background: true,
        ..ComposeRun::default()
    }
}

/// The same, answered when it is done.
pub fn awaited(workload_id: &str, file: &str) -> ComposeRun {
    ComposeRun { background: false, ..project(workload_id, file) }
}

pub fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// How many containers, networks and volumes bear the label of this project.
pub async fn possessions(engine: &TestEngine, project: &str) -> (usize, usize, usize) {
    let label = vec![format!("com.docker.compose.project={project}")];
    let filters = HashMap::from([("label", label)]);
    let docker = engine.docker();
    let containers = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let networks = ListNetworksOptionsBuilder::default().filters(&filters).build();
    let volumes = ListVolumesOptionsBuilder::default().filters(&filters).build();
    (
        docker.list_containers(Some(containers)).await.unwrap().len(),
        docker.list_networks(Some(networks)).await.unwrap().len(),
        docker.list_volumes(Some(volumes)).await.unwrap().volumes.unwrap_or_default().len(),
    )
}

/// How many folders an agent keeps for projects.
pub fn kept(state: &std::path::Path) -> usize {
    std::fs::read_dir(state.join("projects")).unwrap().count()
}
