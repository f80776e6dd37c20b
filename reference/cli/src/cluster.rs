//! `persys-cli cluster`.

use clap::Subcommand;

use crate::{
    arguments::Output,
    client::Client,
    failure::Failure,
    node::print_nodes,
    output::{print_json, print_line, print_table, rows, text},
};

#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Show schedulers, nodes and workloads by status.
    Metrics,
}

pub async fn run(command: &ClusterCommand, client: &Client, output: Output) -> Result<(), Failure> {
    let ClusterCommand::Metrics = command;
    let answer = client.get(&["cluster", "metrics"], &[]).await?;
    if output == Output::Json {
        return print_json(&answer);
    }
    let schedulers = rows(&answer["schedulers"]).iter().map(|scheduler| {
        let leads = if scheduler["leader"] == true { "yes" } else { "no" };
        vec![text(&scheduler["instance"]), text(&scheduler["address"]), leads.to_owned()]
    });
    print_table(&["SCHEDULER", "ADDRESS", "LEADS"], schedulers)?;
    print_line("")?;
    print_nodes(&answer["nodes"])?;
    print_line("")?;
    let by_status = answer["workloads"]["byStatus"].as_object().into_iter().flatten();
    let by_status = by_status.map(|(status, count)| vec![status.clone(), text(count)]);
    let total = vec!["total".to_owned(), text(&answer["workloads"]["total"])];
    print_table(&["WORKLOADS", "COUNT"], by_status.chain([total]))
}
