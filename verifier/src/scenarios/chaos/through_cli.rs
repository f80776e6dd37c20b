//! An operation with `persys-cli`, as a user types it.

use std::{fs, time::Duration};

use persys_contract::Workload;
use serde_json::Value;

use super::{conduct::Conduct, reply::Reply};
use crate::chaos::{Operation, Outcome};

/// What starting the program takes besides.
const START: Duration = Duration::from_secs(5);

impl Conduct {
    pub async fn through_cli(&self, operation: &Operation) -> Reply {
        let id = operation.workload().map(|number| self.cast.id(number)).unwrap_or_default();
        let words: Vec<String> = match operation {
            Operation::Schedule { workload, .. } | Operation::Repeat { workload } => {
                match self.order_file(*workload) {
                    Some(file) => vec!["schedule".into(), "--file".into(), file],
                    // Without a place for the file it is handed in otherwise.
                    None => return self.through_gateway(operation).await,
                }
            }
            Operation::Stop { .. } => vec!["stop".into(), id],
            Operation::Start { .. } => vec!["start".into(), id],
            Operation::Delete { .. } => vec!["delete".into(), id],
            Operation::Get { .. } => vec!["get".into(), id],
            Operation::Logs { .. } => vec!["logs".into(), id],
            Operation::List | Operation::Nodes => vec!["list".into()],
        };
        let about = if *operation == Operation::Nodes { "node" } else { "workload" };
        let seconds = self.patience.as_secs_f64().to_string();
        let before = ["-o", "json", "--timeout", &seconds, about].map(str::to_owned);
        let cli = self.probes.cli().with_timeout(self.patience + START);
        let run = match cli.run(before.into_iter().chain(words)).await {
            Ok(run) => run,
            Err(error) => return Reply::unanswered(&error),
        };
        let reply = Reply::of_command(operation, run.exit_code, &run.stderr);
        if reply.outcome() != Outcome::Ok {
            return reply;
        }
        self.printed(operation, reply, &run.stdout)
    }

    fn printed(&self, operation: &Operation, reply: Reply, stdout: &str) -> Reply {
        let odd = |reply: Reply, error: serde_json::Error| {
            reply.odd(format!("what it printed cannot be read: {error}"))
        };
        match operation {
            Operation::List => match serde_json::from_str::<Vec<Workload>>(stdout) {
                Ok(list) => reply.listing(&self.cast, &list),
                Err(error) => odd(reply, error),
            },
            Operation::Get { workload } => match serde_json::from_str::<Workload>(stdout) {
                Ok(shown) => reply.showing(&self.cast, *workload, &shown),
                Err(error) => odd(reply, error),
            },
            Operation::Logs { workload } => match serde_json::from_str::<Value>(stdout) {
                Ok(shown) => {
                    reply.logging(&self.cast, *workload, shown["logs"].as_str().unwrap_or_default())
                }
                Err(error) => odd(reply, error),
            },
            _ => reply,
        }
    }

    /// The order as a file, written when it is first wanted.
    fn order_file(&self, workload: u32) -> Option<String> {
        let folder = self.folder.as_ref()?.join("orders");
        let order = serde_json::to_vec_pretty(self.cast.get(workload)?).ok()?;
        let file = folder.join(format!("w{workload}.json"));
        fs::create_dir_all(&folder).and_then(|()| fs::write(&file, order)).ok()?;
        Some(file.display().to_string())
    }
}
