//! What came of one operation, whoever asked.

use std::collections::BTreeSet;

use persys_contract::{ErrorCode, Workload};

use super::workloads::Cast;
use crate::{
    chaos::{Finding, Operation, Outcome},
    probe::{Exchange, ProbeError},
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Absent when there was no answer.
    pub status: Option<u16>,
    /// The refusal's code, or why there is no answer.
    pub detail: String,
    pub finding: Finding,
    /// The request was never sent.
    pub unsent: bool,
}

impl Reply {
    pub fn outcome(&self) -> Outcome {
        match self.status {
            Some(200..300) => Outcome::Ok,
            Some(400..500) => Outcome::Fail,
            None if self.unsent => Outcome::Fail,
            _ => Outcome::Info,
        }
    }

    pub fn odd(mut self, what: impl Into<String>) -> Self {
        self.finding.odd = Some(what.into());
        self
    }

    pub fn of_exchange(exchange: &Exchange) -> Self {
        let detail = match exchange.error_body() {
            Some(body) if !exchange.is_success() => body.code,
            _ => String::new(),
        };
        Self { status: Some(exchange.status), detail, ..Self::default() }
    }

    pub fn unanswered(error: &ProbeError) -> Self {
        let detail = error.cause().map_or_else(|| error.to_string(), ToString::to_string);
        Self { detail, unsent: error.is_unreachable(), ..Self::default() }
    }

    /// Of an end of `persys-cli`: what it printed tells the refusal's code.
    pub fn of_command(operation: &Operation, exit_code: Option<i32>, stderr: &str) -> Self {
        let last = stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        let detail = last.trim().to_owned();
        match exit_code {
            Some(0) => {
                let accepted = matches!(operation, Operation::Delete { .. });
                Self { status: Some(if accepted { 202 } else { 200 }), ..Self::default() }
            }
            Some(1) => {
                let code = detail.rsplit_once('(').map(|(_, rest)| rest.trim_end_matches(')'));
                let known = ErrorCode::ALL.iter().find(|known| code == Some(known.as_str()));
                let status = known.map(|code| code.status());
                let reply = Self { status, detail, ..Self::default() };
                match status {
                    Some(_) => reply,
                    None => reply.odd("a refusal without a code of the contract"),
                }
            }
            Some(2) => {
                Self { detail, ..Self::default() }.odd("it was told that it is used wrongly")
            }
            // Nobody answered, or nothing that makes sense: it may have been carried out.
            _ => Self { detail, ..Self::default() },
        }
    }

    /// What a list of workloads shows of the plan's.
    pub fn listing(mut self, cast: &Cast, workloads: &[Workload]) -> Self {
        let numbers: Vec<u32> = workloads.iter().filter_map(|w| cast.number(&w.id)).collect();
        let different: BTreeSet<u32> = numbers.iter().copied().collect();
        if different.len() < numbers.len() {
            self = self.odd(format!("the list has a workload twice: {numbers:?}"));
        }
        self.finding.listed = Some(different.into_iter().collect());
        self
    }

    /// What one workload is told to be.
    pub fn showing(self, cast: &Cast, number: u32, shown: &Workload) -> Self {
        let Some(own) = cast.get(number) else { return self };
        if shown.id != own.id || shown.name != own.name {
            let (id, name) = (&shown.id, &shown.name);
            return self.odd(format!("another workload was shown: {name} with the id {id}"));
        }
        self.logging(cast, number, shown.logs.as_deref().unwrap_or_default())
    }

    pub fn logging(self, cast: &Cast, number: u32, logs: &str) -> Self {
        match cast.foreign(number, logs) {
            Some(other) => self.odd(format!("its logs are those of {other}")),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_of_the_client_program_is_read() {
        let get = Operation::Get { workload: 1 };
        let of = |code, stderr: &str| {
            let reply = Reply::of_command(&get, code, stderr);
            (reply.outcome(), reply.status, reply.finding.odd.is_some())
        };
        assert_eq!(of(Some(0), ""), (Outcome::Ok, Some(200), false));
        let refused = "error: there is no workload with this id (not_found)\n";
        assert_eq!(of(Some(1), refused), (Outcome::Fail, Some(404), false));
        let away = "error: the store (etcd) is away (store_unavailable)";
        assert_eq!(of(Some(1), away), (Outcome::Info, Some(503), false));
        assert_eq!(of(Some(1), "error: no"), (Outcome::Info, None, true));
        assert_eq!(of(Some(2), "usage"), (Outcome::Info, None, true));
        assert_eq!(of(Some(3), "no answer"), (Outcome::Info, None, false));
        assert_eq!(of(None, ""), (Outcome::Info, None, false));
        let delete = Operation::Delete { workload: 1 };
        assert_eq!(Reply::of_command(&delete, Some(0), "").status, Some(202));
    }

    #[test]
    fn what_was_never_sent_has_had_no_effect() {
        let unsent = Reply { unsent: true, ..Reply::default() };
        assert_eq!(unsent.outcome(), Outcome::Fail);
        assert_eq!(Reply::default().outcome(), Outcome::Info);
    }
}
