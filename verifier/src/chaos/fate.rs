//! What must be the case with each workload in the end, given what was answered.

use std::collections::{BTreeMap, BTreeSet};

use super::{Done, Kind, Operation, Ordered, Outcome, answers::is_acknowledged};

/// Whether a workload is there in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Present,
    Absent,
    /// Some request is unknown: either, and everywhere the same.
    Either,
}

/// What was last asked of a workload that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    Running,
    Stopped,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    pub kind: Kind,
    pub presence: Presence,
    /// More than one where requests are unknown or were under way at the same time.
    pub wishes: BTreeSet<Wish>,
}

/// By the plan's numbers.
pub fn fates(orders: &BTreeMap<u32, Ordered>, done: &[Done]) -> BTreeMap<u32, Fate> {
    let of = |number: u32| -> Vec<&Done> {
        done.iter().filter(|one| one.operation.workload() == Some(number)).collect()
    };
    orders
        .iter()
        .map(|(number, ordered)| {
            let own = of(*number);
            let (presence, wishes) = (presence(&own), wishes(&own));
            (*number, Fate { kind: ordered.kind, presence, wishes })
        })
        .collect()
}

fn presence(own: &[&Done]) -> Presence {
    let is_order = |one: &&&Done| {
        matches!(one.operation, Operation::Schedule { .. } | Operation::Repeat { .. })
    };
    let orders: Vec<&&Done> = own.iter().filter(is_order).collect();
    let certain = orders.iter().any(|one| is_acknowledged(one));
    let possible = certain || orders.iter().any(|one| one.outcome == Outcome::Info);
    if !possible {
        return Presence::Absent;
    }
    let removals: Vec<&&Done> = own
        .iter()
        .filter(|one| matches!(one.operation, Operation::Delete { .. }))
        .filter(|one| one.outcome != Outcome::Fail)
        .collect();
    let takes_all = |removal: &Done| {
        // An order that may come after it may bring the workload back.
        let ends_before = |order: &Done| order.effective_until() < removal.invoked_ms;
        removal.outcome == Outcome::Ok && orders.iter().all(|order| ends_before(order))
    };
    if removals.iter().any(|removal| takes_all(removal)) {
        return Presence::Absent;
    }
    if certain && removals.is_empty() { Presence::Present } else { Presence::Either }
}

/// Every wish that may be the last one.
fn wishes(own: &[&Done]) -> BTreeSet<Wish> {
    let asked: Vec<(Wish, &&Done)> = own
        .iter()
        .filter(|one| one.outcome != Outcome::Fail)
        .filter_map(|one| match one.operation {
            Operation::Stop { .. } => Some((Wish::Stopped, one)),
            Operation::Start { .. } => Some((Wish::Running, one)),
            _ => None,
        })
        .collect();
    let overruled = |until: u64| {
        asked.iter().any(|(_, other)| other.outcome == Outcome::Ok && other.invoked_ms > until)
    };
    let mut wishes: BTreeSet<Wish> = asked
        .iter()
        .filter(|(_, one)| !overruled(one.effective_until()))
        .map(|(wish, _)| *wish)
        .collect();
    // It is made to run; a wish that was granted came after that.
    if !asked.iter().any(|(_, one)| one.outcome == Outcome::Ok) {
        wishes.insert(Wish::Running);
    }
    wishes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chaos::history::fixture::{done, schedule};

    const DELETE: Operation = Operation::Delete { workload: 1 };
    const STOP: Operation = Operation::Stop { workload: 1 };
    const START: Operation = Operation::Start { workload: 1 };
    const REPEAT: Operation = Operation::Repeat { workload: 1 };

    fn fate(history: &[Done]) -> Fate {
        let ordered = Ordered { kind: Kind::Service, node: None };
        fates(&[(1, ordered)].into(), history).remove(&1).unwrap()
    }

    fn presence(history: &[Done]) -> Presence {
        fate(history).presence
    }

    fn wishes(history: &[Done]) -> Vec<Wish> {
        fate(history).wishes.into_iter().collect()
    }

    #[test]
    fn what_was_acknowledged_is_there_until_its_removal_is() {
        let order = done(schedule(1), 0, 10, 200);
        assert_eq!(presence(&[]), Presence::Absent);
        assert_eq!(presence(std::slice::from_ref(&order)), Presence::Present);
        assert_eq!(presence(&[order.clone(), done(DELETE, 20, 30, 202)]), Presence::Absent);
        assert_eq!(presence(&[order.clone(), done(DELETE, 20, 30, 404)]), Presence::Present);
        assert_eq!(presence(&[order, done(DELETE, 20, 30, 504)]), Presence::Either);
    }

    #[test]
    fn what_is_unknown_is_either() {
        let unknown = done(schedule(1), 0, 10, 503);
        assert_eq!(presence(std::slice::from_ref(&unknown)), Presence::Either);
        // What was found may be taken back, since it was not confirmed.
        assert_eq!(presence(&[unknown.clone(), done(REPEAT, 20, 30, 409)]), Presence::Either);
        assert_eq!(presence(&[unknown.clone(), done(REPEAT, 20, 30, 200)]), Presence::Present);
        // It may be carried out after the removal.
        assert_eq!(presence(&[unknown, done(DELETE, 20, 30, 202)]), Presence::Either);
        let late =
            [done(schedule(1), 0, 10, 200), done(DELETE, 20, 30, 202), done(REPEAT, 25, 40, 200)];
        assert_eq!(presence(&late), Presence::Either);
    }

    #[test]
    fn the_last_wish_counts() {
        let order = done(schedule(1), 0, 10, 200);
        assert_eq!(wishes(std::slice::from_ref(&order)), [Wish::Running]);
        let stopped = [order.clone(), done(STOP, 20, 30, 200)];
        assert_eq!(wishes(&stopped), [Wish::Stopped]);
        let again = [order.clone(), done(STOP, 20, 30, 200), done(START, 40, 50, 200)];
        assert_eq!(wishes(&again), [Wish::Running]);
        let together = [order.clone(), done(STOP, 20, 45, 200), done(START, 40, 50, 200)];
        assert_eq!(wishes(&together), [Wish::Running, Wish::Stopped]);
        let unknown = [order.clone(), done(STOP, 20, 30, 504)];
        assert_eq!(wishes(&unknown), [Wish::Running, Wish::Stopped]);
        let refused = [order, done(STOP, 20, 30, 404)];
        assert_eq!(wishes(&refused), [Wish::Running]);
    }

    fn any_operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            Just(schedule(1)),
            Just(REPEAT),
            Just(DELETE),
            Just(STOP),
            Just(START),
            Just(Operation::Get { workload: 1 }),
        ]
    }

    proptest! {
        /// A platform that does one thing after the other, as it is told, is never wrong,
        /// whichever answers get lost.
        #[test]
        fn a_true_platform_fulfils_every_fate(
            steps in prop::collection::vec((any_operation(), any::<bool>()), 0..24)
        ) {
            let (mut there, mut wish): (bool, Wish) = (false, Wish::Running);
            let mut history = Vec::new();
            for (n, (operation, answer_is_lost)) in steps.into_iter().enumerate() {
                let status = match &operation {
                    Operation::Schedule { .. } | Operation::Repeat { .. } if there => 409,
                    Operation::Schedule { .. } | Operation::Repeat { .. } => {
                        (there, wish) = (true, Wish::Running);
                        200
                    }
                    _ if !there => 404,
                    Operation::Delete { .. } => {
                        there = false;
                        202
                    }
                    Operation::Stop { .. } => {
                        wish = Wish::Stopped;
                        200
                    }
                    Operation::Start { .. } => {
                        wish = Wish::Running;
                        200
                    }
                    _ => 200,
                };
                let at = n as u64 * 10;
                let told = if answer_is_lost { 504 } else { status };
                history.push(done(operation, at + 1, at + 5, told));
            }
            let fate = fate(&history);
            match fate.presence {
                Presence::Present => prop_assert!(there),
                Presence::Absent => prop_assert!(!there),
                Presence::Either => {}
            }
            // A workload that is made anew begins anew, which the wishes do not follow.
            let made = history.iter().filter(|one| one.status == Some(200)
                && matches!(one.operation, Operation::Schedule { .. } | Operation::Repeat { .. }));
            let lost = history.iter().any(|one| one.outcome == Outcome::Info);
            if there && made.count() <= 1 && !lost {
                prop_assert!(fate.wishes.contains(&wish), "{:?} lacks {wish:?}", fate.wishes);
            }
        }
    }
}
