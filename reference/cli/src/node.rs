//! `persys-cli node`.

use clap::Subcommand;

use crate::{
    arguments::Output,
    client::Client,
    failure::Failure,
    output::{bytes, number, print_json, print_table, rows, text},
};
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// List the nodes.
    List,
}

pub async fn run(command: &NodeCommand, client: &Client, output: Output) -> Result<(), Failure> {
    match command {
        NodeCommand::List => {
            let answer = client.get(&["nodes"], &[]).await?;
            match output {
                Output::Json => print_json(&answer),
                Output::Table => print_nodes(&answer["nodes"]),
            }
        }
    }
}

pub fn print_nodes(nodes: &Value) -> Result<(), Failure> {
    let table = rows(nodes).iter().map(|node| {
        vec![
            text(&node["nodeId"]),
            text(&node["ipAddress"]),
            text(&node["status"]),
            format!("{}/{}", number(&node["availableCpu"]), number(&node["totalCpu"])),
            format!("{}/{}", bytes(&node["availableMemory"]), bytes(&node["totalMemory"])),
            text(&node["containerEngine"]["version"]),
            labels(&node["labels"]),
            text(&node["lastHeartbeat"]),
        ]
    });
    print_table(
        &["NODE", "ADDRESS", "STATUS", "CPU FREE", "MEMORY FREE", "ENGINE", "LABELS", "HEARTBEAT"],
        table,
    )
}

fn labels(value: &Value) -> String {
    let pairs = value.as_object().into_iter().flatten();
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", text(value))).collect();
    if pairs.is_empty() { "-".to_owned() } else { pairs.join(",") }
}
