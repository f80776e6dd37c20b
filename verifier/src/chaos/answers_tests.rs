use super::*;
use crate::chaos::{
    Finding,
    history::fixture::{done, schedule},
};

const GET: Operation = Operation::Get { workload: 1 };
const DELETE: Operation = Operation::Delete { workload: 1 };
const REPEAT: Operation = Operation::Repeat { workload: 1 };

fn list(from: u64, to: u64, shown: &[u32]) -> Done {
    let finding = Finding { listed: Some(shown.to_vec()), odd: None };
    Done { finding, ..done(Operation::List, from, to, 200) }
}

/// The invariants that a history breaks.
fn broken(history: &[Done]) -> Vec<Invariant> {
    judge_answers(history).into_iter().map(|violation| violation.invariant).collect()
}

#[test]
fn a_sound_history_breaks_nothing() {
    let history = [
        done(schedule(1), 0, 10, 200),
        done(REPEAT, 20, 30, 409),
        done(GET, 40, 50, 200),
        list(60, 70, &[1]),
        done(GET, 75, 76, 503),
        done(DELETE, 80, 90, 202),
        done(GET, 85, 95, 404),
        done(DELETE, 96, 97, 404),
        list(100, 110, &[]),
    ];
    assert_eq!(broken(&history), []);
}

#[test]
fn what_was_acknowledged_must_be_found() {
    let lost = [Invariant::NothingAcknowledgedLost];
    for order in [schedule(1), REPEAT] {
        let order = done(order, 0, 10, 200);
        assert_eq!(broken(&[order.clone(), done(GET, 20, 30, 404)]), lost);
        assert_eq!(broken(&[order, list(20, 30, &[7])]), lost);
    }
    let stop = Operation::Stop { workload: 1 };
    assert_eq!(broken(&[done(schedule(1), 0, 10, 200), done(stop, 20, 30, 404)]), lost);
    assert_eq!(broken(&[done(schedule(1), 0, 10, 200), done(DELETE, 20, 30, 404)]), lost);
}

#[test]
fn what_nobody_acknowledged_need_not_be_found() {
    let found = [done(schedule(1), 0, 10, 504), done(REPEAT, 12, 14, 409)];
    assert_eq!(broken(&[&found[..], &[done(GET, 20, 30, 404)]].concat()), []);
    for order in [done(schedule(1), 0, 10, 503), done(schedule(1), 0, 25, 200)] {
        assert_eq!(broken(&[order.clone(), done(GET, 20, 30, 404)]), []);
        assert_eq!(broken(&[order, list(20, 30, &[])]), []);
    }
}

#[test]
fn a_removal_that_may_have_come_first_explains_it() {
    let order = done(schedule(1), 0, 10, 200);
    for status in [202, 504] {
        let removal = done(DELETE, 25, 90, status);
        assert_eq!(broken(&[order.clone(), removal, done(GET, 20, 30, 404)]), []);
    }
    let later = done(DELETE, 31, 90, 202);
    assert_eq!(
        broken(&[order.clone(), later, done(GET, 20, 30, 404)]),
        [Invariant::NothingAcknowledgedLost]
    );
    let refused = done(DELETE, 12, 15, 404);
    assert_eq!(broken(&[order, refused, done(GET, 20, 30, 404)]).len(), 2);
}

#[test]
fn an_id_is_new_once() {
    let answers = [Invariant::AnswersKeepContract];
    let order = done(schedule(1), 0, 10, 200);
    assert_eq!(broken(&[order.clone(), done(REPEAT, 20, 30, 200)]), answers);
    assert_eq!(broken(&[order.clone(), done(REPEAT, 5, 15, 200)]), answers, "at the same time");
    assert_eq!(broken(&[done(schedule(1), 0, 10, 503), done(REPEAT, 20, 30, 200)]), []);
    let between = done(DELETE, 12, 14, 202);
    assert_eq!(broken(&[order, between, done(REPEAT, 20, 30, 200)]), []);
}

#[test]
fn an_order_that_was_handed_in_once_is_no_duplicate() {
    let answers = [Invariant::AnswersKeepContract];
    assert_eq!(broken(&[done(schedule(1), 0, 10, 409)]), answers);
    let both = [done(schedule(1), 0, 10, 409), done(REPEAT, 0, 10, 409)];
    assert_eq!(broken(&both).len(), 2, "one of them was the first");
    assert_eq!(broken(&[done(schedule(1), 0, 10, 409), done(REPEAT, 5, 9, 200)]), []);
    assert_eq!(broken(&[done(schedule(1), 0, 10, 409), done(REPEAT, 5, 9, 504)]), []);
}

#[test]
fn an_answer_has_a_status_and_a_body_of_the_contract() {
    let answers = [Invariant::AnswersKeepContract];
    assert_eq!(broken(&[done(schedule(1), 0, 10, 500)]), answers);
    assert_eq!(broken(&[done(Operation::Nodes, 0, 10, 404)]), answers);
    let odd = Finding { odd: Some("the logs are w2's".into()), ..Finding::default() };
    let logs = Done { finding: odd, ..done(Operation::Logs { workload: 1 }, 0, 10, 200) };
    let told = judge_answers(&[logs]);
    assert!(told[0].text.contains("logs w1 through the gateway: the logs are w2's"), "{told:?}");
}
