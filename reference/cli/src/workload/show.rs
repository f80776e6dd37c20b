//! Workloads as tables.

use serde_json::Value;

use crate::{
    failure::Failure,
    output::{print_raw, print_table, rows, text},
};

pub fn print_scheduled(answer: &Value) -> Result<(), Failure> {
    // The oldest builds answer with the node alone.
    let row = vec![text(&answer["workloadId"]), text(&answer["node_id"]), text(&answer["status"])];
    print_table(&["ID", "NODE", "STATUS"], [row])
}

pub fn print_workloads(answer: &Value) -> Result<(), Failure> {
    let table = rows(answer).iter().map(|workload| {
        vec![
            text(&workload["id"]),
            text(&workload["name"]),
            text(&workload["type"]),
            text(&workload["image"]),
            text(&workload["nodeId"]),
            text(&workload["status"]),
            text(&workload["desiredState"]),
            text(&workload["createdAt"]),
        ]
    });
    print_table(&["ID", "NAME", "TYPE", "IMAGE", "NODE", "STATUS", "DESIRED", "CREATED"], table)
}

/// One field a line; the logs, which have a command of their own, are left out.
pub fn print_workload(answer: &Value) -> Result<(), Failure> {
    print_raw(&fields(answer))
}

fn fields(workload: &Value) -> String {
    const FIRST: [&str; 6] = ["id", "name", "type", "status", "desiredState", "nodeId"];
    let mut lines = Vec::new();
    for name in FIRST {
        push(&mut lines, name, &workload[name]);
    }
    for (name, value) in workload.as_object().into_iter().flatten() {
        if !FIRST.contains(&name.as_str()) && name != "logs" {
            push(&mut lines, name, value);
        }
    }
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines = lines.into_iter().map(|(name, value)| format!("{name:<width$}  {value}\n"));
    lines.collect()
}

fn push(lines: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (member, value) in members {
                push(lines, &format!("{name}.{member}"), value);
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                lines.push((name.to_owned(), text(entry)));
            }
        }
        value => lines.push((name.to_owned(), text(value))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_workload_is_shown_field_by_field_without_its_logs() {
        let workload = json!({
            "name": "web", "id": "1", "image": "nginx", "ports": ["1:1", "2:2"],
            "envVars": {"A": "b"}, "logs": "long", "network": null,
        });
        assert_eq!(
            fields(&workload),
            "id         1\nname       web\nenvVars.A  b\nimage      nginx\nports      1:1\nports      2:2\n"
        );
    }
}
