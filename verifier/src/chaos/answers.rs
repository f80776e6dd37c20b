//! What each answer may say, given what was answered before.
//!
//! etcd's reads are linearizable, and a workload is stored before it is acknowledged: from then on
//! every answer knows it until somebody asks for its removal.

use super::{Client, Done, Invariant, Operation, Outcome, Violation};

/// The operations of a history, ready to be asked.
pub struct Answers<'a> {
    done: &'a [Done],
}

impl<'a> Answers<'a> {
    pub fn new(done: &'a [Done]) -> Self {
        Self { done }
    }

    fn of(&self, workload: u32) -> impl Iterator<Item = &'a Done> {
        self.done.iter().filter(move |one| one.operation.workload() == Some(workload))
    }

    fn orders(&self, workload: u32) -> impl Iterator<Item = &'a Done> {
        self.of(workload).filter(|one| is_order(&one.operation))
    }

    /// Whether somebody was told before `at_ms` that the workload is there.
    fn acknowledged_before(&self, workload: u32, at_ms: u64) -> bool {
        self.orders(workload).any(|one| is_acknowledged(one) && one.completed_ms < at_ms)
    }

    /// Whether somebody may have had it removed by then.
    fn removal_asked_by(&self, workload: u32, at_ms: u64) -> bool {
        self.of(workload).any(|one| {
            matches!(one.operation, Operation::Delete { .. })
                && one.invoked_ms <= at_ms
                && one.outcome != Outcome::Fail
        })
    }

    /// Whether every answer in this time must know it.
    fn must_be_known(&self, workload: u32, invoked_ms: u64, completed_ms: u64) -> bool {
        self.acknowledged_before(workload, invoked_ms)
            && !self.removal_asked_by(workload, completed_ms)
    }

    fn workloads(&self) -> std::collections::BTreeSet<u32> {
        self.done.iter().filter_map(|one| one.operation.workload()).collect()
    }
}

fn is_order(operation: &Operation) -> bool {
    matches!(operation, Operation::Schedule { .. } | Operation::Repeat { .. })
}

/// That it is there already is a refusal: what was found may be another order of the same id, which
/// is taken back because it was not confirmed.
pub(super) fn is_acknowledged(order: &Done) -> bool {
    order.outcome == Outcome::Ok
}

/// Everything that was answered wrongly, in order.
pub fn judge_answers(done: &[Done]) -> Vec<Violation> {
    let answers = Answers::new(done);
    let mut violations: Vec<Violation> = Vec::new();
    for one in done {
        violations.extend(form(one));
        violations.extend(lost(&answers, one));
        violations.extend(duplicate(&answers, one));
    }
    for workload in answers.workloads() {
        violations.extend(taken_twice(&answers, workload));
    }
    violations.sort_by_key(|violation| violation.at_ms);
    violations
}

/// A status that the contract does not have there, or an answer with what does not belong in it.
fn form(one: &Done) -> Option<Violation> {
    let told = |text: String| Violation::at(Invariant::AnswersKeepContract, one.completed_ms, text);
    if let Some(odd) = &one.finding.odd {
        return Some(told(format!("{} {}: {odd}", one.operation, one.client)));
    }
    let status = one.status.filter(|status| !one.operation.statuses().contains(status))?;
    let known = one.operation.statuses().iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    Some(told(format!(
        "{} {} was answered with {status}; contract §3.1 has {known}",
        one.operation, one.client
    )))
}

/// Somebody asks for what was acknowledged, and is told that it is not there.
fn lost(answers: &Answers<'_>, one: &Done) -> Option<Violation> {
    let told = |workload: u32, how: &str| {
        let text = format!(
            "{} {} {how} w{workload}, which was acknowledged and which nobody had removed",
            one.operation, one.client
        );
        Some(Violation::at(Invariant::NothingAcknowledgedLost, one.completed_ms, text))
    };
    let known = |w: u32| answers.must_be_known(w, one.invoked_ms, one.completed_ms);
    match (&one.operation, one.status) {
        (operation, Some(404)) if !is_order(operation) => {
            told(operation.workload().filter(|w| known(*w))?, "found no")
        }
        (Operation::List, Some(200)) => {
            let listed = one.finding.listed.as_ref()?;
            let missing =
                answers.workloads().into_iter().find(|w| known(*w) && !listed.contains(w))?;
            told(missing, "did not show")
        }
        _ => None,
    }
}

/// An order that was handed in once is told to be there already (§3.1: a POST is tried on
/// another scheduler "only when the connection was never made").
fn duplicate(answers: &Answers<'_>, one: &Done) -> Option<Violation> {
    let workload = one.operation.workload().filter(|_| is_order(&one.operation))?;
    if one.status != Some(409) {
        return None;
    }
    let mut others = answers.orders(workload).filter(|other| !std::ptr::eq(*other, one));
    let explained =
        others.any(|other| other.invoked_ms <= one.completed_ms && other.outcome != Outcome::Fail);
    (!explained).then(|| {
        let text = format!(
            "{} {} was told that it is there already, and was handed in once",
            one.operation, one.client
        );
        Violation::at(Invariant::AnswersKeepContract, one.completed_ms, text)
    })
}

/// One id is acknowledged as new twice (§3.1: 409 `duplicate_id`).
fn taken_twice(answers: &Answers<'_>, workload: u32) -> Option<Violation> {
    let mut taken = answers.orders(workload).filter(|one| one.status == Some(200));
    let (first, second) = (taken.next()?, taken.next()?);
    let last = first.completed_ms.max(second.completed_ms);
    if answers.removal_asked_by(workload, last) {
        return None;
    }
    let ways = |client: Client| client.to_string();
    let text = format!(
        "w{workload} was taken as new twice, {} and {}",
        ways(first.client),
        ways(second.client)
    );
    Some(Violation::at(Invariant::AnswersKeepContract, last, text))
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
