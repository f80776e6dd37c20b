//! Carries out the workload commands.

use persys_contract::{DesiredState, DesiredStateChange, ErrorCode};
use persys_reference_base::defect;
use reqwest::Method;
use serde_json::Value;

use super::{
    command::{Which, WorkloadCommand},
    show::{print_scheduled, print_workload, print_workloads},
};
use crate::{
    arguments::Output,
    client::Client,
    failure::Failure,
    output::{print_json, print_line, print_raw, rows},
};

pub async fn run(
    command: &WorkloadCommand,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    match command {
        WorkloadCommand::Schedule(arguments) => {
            let workload = arguments.describe()?;
            let path = ["workloads", "schedule"];
            let answer = client.send(Method::POST, &path, Some(&workload)).await?;
            defect!("cli-prints-no-id" => {
                let bare = serde_json::json!({"node_id": answer["node_id"], "status": answer["status"]});
                return show(&bare, output, print_scheduled);
            });
            show(&answer, output, print_scheduled)
        }
        WorkloadCommand::List { status, node } => {
            let filters = [("status", status), ("nodeId", node)];
            let filters: Vec<_> = filters
                .iter()
                .filter_map(|(name, value)| value.as_deref().map(|value| (*name, value)))
                .collect();
            let answer = client.get(&["workloads"], &filters).await?;
            show(&answer, output, print_workloads)
        }
        WorkloadCommand::Get(which) => {
            let id = which.id(client).await?;
            let answer = client.get(&["workloads", &id], &[]).await?;
            show(&answer, output, print_workload)
        }
        WorkloadCommand::Logs(which) => {
            let id = which.id(client).await?;
            let answer = client.get(&["workloads", &id], &[]).await?;
            let kept = answer["logs"].as_str().unwrap_or_default();
            let logs = defect!("cli-shows-no-logs", "", kept);
            match output {
                Output::Json => print_json(&serde_json::json!({"workloadId": id, "logs": logs})),
                Output::Table if logs.is_empty() || logs.ends_with('\n') => print_raw(logs),
                Output::Table => print_line(logs),
            }
        }
        WorkloadCommand::Stop(which) => change(which, client, output, DesiredState::Stopped).await,
        WorkloadCommand::Start(which) => change(which, client, output, DesiredState::Running).await,
        WorkloadCommand::Delete(which) => {
            let id = which.id(client).await?;
            defect!("cli-delete-only-promised" => {
                return print_line(&format!("{id} is being deleted"));
            });
            let answer = client.send(Method::DELETE, &["workloads", &id], None).await?;
            show(&answer, output, |_| print_line(&format!("{id} is being deleted")))
        }
    }
}

async fn change(
    which: &Which,
    client: &Client,
    output: Output,
    desired_state: DesiredState,
) -> Result<(), Failure> {
    let id = which.id(client).await?;
    let change = serde_json::to_value(DesiredStateChange { desired_state })
        .map_err(|error| Failure::Usage(format!("failed to write the request: {error}")))?;
    let path = ["workloads", &id, "desired-state"];
    let answer = client.send(Method::PUT, &path, Some(&change)).await?;
    show(&answer, output, |_| print_line(&format!("{id} is to be {desired_state}")))
}

fn show(
    answer: &Value,
    output: Output,
    table: impl FnOnce(&Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match output {
        Output::Json => print_json(answer),
        Output::Table => table(answer),
    }
}

impl Which {
    /// The workload's id. A name is looked up; it must belong to one workload alone.
    async fn id(&self, client: &Client) -> Result<String, Failure> {
        if uuid::Uuid::try_parse(&self.workload).is_ok() {
            return Ok(self.workload.clone());
        }
        let list = client.get(&["workloads"], &[]).await?;
        let named = rows(&list).iter().filter(|found| found["name"] == *self.workload);
        let ids: Vec<&str> = named.filter_map(|found| found["id"].as_str()).collect();
        match ids.as_slice() {
            [id] => Ok((*id).to_owned()),
            [] => Err(Failure::Refused {
                error: format!("there is no workload \"{}\"", self.workload),
                code: ErrorCode::NotFound.as_str().to_owned(),
            }),
            several => Err(Failure::Usage(format!(
                "several workloads are named \"{}\"; give one of the ids {}",
                self.workload,
                several.join(", ")
            ))),
        }
    }
}
