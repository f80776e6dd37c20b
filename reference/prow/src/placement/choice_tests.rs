use persys_contract::{ContainerEngine, NodeUsage, WorkloadResources, WorkloadType};

use super::*;

const GIB: u64 = 1 << 30;

fn node(id: &str, memory: u64) -> Node {
    Node {
        node_id: id.to_owned(),
        ip_address: "10.0.0.1".to_owned(),
        agent_port: 8080,
        hostname: id.to_owned(),
        username: String::new(),
        os_name: String::new(),
        kernel_version: String::new(),
        status: Some(NodeStatus::Active),
        total_cpu: 2.0,
        total_memory: memory,
        available_cpu: 0.0,
        available_memory: memory,
        resources: NodeUsage::default(),
        container_engine: ContainerEngine {
            kind: "docker".to_owned(),
            status: String::new(),
            version: String::new(),
        },
        labels: [("zone".to_owned(), id.to_owned())].into(),
        last_heartbeat: None,
        domain_name: None,
    }
}

fn workload(id: &str, cpu: f64, memory: u64) -> Workload {
    Workload {
        id: id.to_owned(),
        kind: Some(WorkloadType::DockerContainer),
        resources: Some(WorkloadResources { cpu, memory }),
        ..Workload::default()
    }
}

fn on(node: &str, workload: Workload) -> Workload {
    Workload { node_id: Some(node.to_owned()), ..workload }
}

fn chosen(workload: &Workload, nodes: &[Node], placed: &[Workload]) -> Result<String, NoNode> {
    let placed: Vec<_> = placed.iter().filter_map(Share::of).collect();
    place(workload, nodes, &placed).map(|node| node.node_id.clone())
}

#[test]
fn the_node_with_most_free_memory_gets_it() {
    let nodes = [node("a", 4 * GIB), node("b", 8 * GIB)];
    assert_eq!(chosen(&workload("w", 0.0, 0), &nodes, &[]), Ok("b".to_owned()));
    // What was promised counts, even if it is not used yet.
    let placed = [on("b", workload("x", 0.0, 6 * GIB))];
    assert_eq!(chosen(&workload("w", 0.0, 0), &nodes, &placed), Ok("a".to_owned()));
    // So does what is used, even if nobody was promised it.
    let used = [node("a", 4 * GIB), Node { available_memory: GIB, ..node("b", 8 * GIB) }];
    assert_eq!(chosen(&workload("w", 0.0, 0), &used, &[]), Ok("a".to_owned()));
}

#[test]
fn of_equal_nodes_the_one_with_fewer_workloads_gets_it() {
    let nodes = [node("a", GIB), node("b", GIB)];
    assert_eq!(chosen(&workload("w", 0.0, 0), &nodes, &[]), Ok("a".to_owned()));
    let placed = [on("a", workload("x", 0.0, 0))];
    assert_eq!(chosen(&workload("w", 0.0, 0), &nodes, &placed), Ok("b".to_owned()));
}

#[test]
fn each_reason_to_have_no_node_is_told() {
    let mut asked = workload("w", 0.0, 0);
    assert_eq!(chosen(&asked, &[], &[]), Err(NoNode::NoneActive));
    let inactive = Node { status: Some(NodeStatus::Inactive), ..node("a", GIB) };
    assert_eq!(chosen(&asked, &[inactive], &[]), Err(NoNode::NoneActive));
    let nodes = [node("a", GIB)];
    asked.labels.insert("zone".to_owned(), "elsewhere".to_owned());
    assert_eq!(chosen(&asked, &nodes, &[]), Err(NoNode::NoLabels));
    asked.labels.clear();
    assert_eq!(chosen(&workload("w", 2.5, 0), &nodes, &[]), Err(NoNode::NoResources));
    assert_eq!(chosen(&workload("w", 0.0, GIB + 1), &nodes, &[]), Err(NoNode::NoResources));
    let compose = Workload { kind: Some(WorkloadType::DockerCompose), ..asked };
    assert_eq!(chosen(&compose, &nodes, &[]), Ok("a".to_owned()), "every node runs every type");
}

#[test]
fn resources_fit_up_to_the_last_byte_and_core() {
    let nodes = [node("a", GIB)];
    let placed: Vec<_> =
        (0..10).map(|i| on("a", workload(&i.to_string(), 0.1, GIB / 16))).collect();
    assert!(chosen(&workload("w", 1.0, 6 * (GIB / 16)), &nodes, &placed).is_ok());
    assert!(chosen(&workload("w", 1.01, 0), &nodes, &placed).is_err());
    assert!(chosen(&workload("w", 0.0, 6 * (GIB / 16) + 1), &nodes, &placed).is_err());
    // Its own former place does not count against it when it moves.
    let moving = on("a", workload("0", 1.1, 0));
    assert!(chosen(&moving, &nodes, &placed).is_ok());
}
