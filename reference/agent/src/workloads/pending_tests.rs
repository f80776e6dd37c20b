use persys_contract::DockerRun;

use super::*;

fn spec() -> ContainerSpec {
    let order =
        DockerRun { workload_id: "w-1".into(), image: "web:1".into(), ..DockerRun::default() };
    ContainerSpec::from_order(order, "node-a").unwrap()
}

fn pulling() -> PendingRun {
    PendingRun::of_container(&spec(), WorkloadStatus::Pulling)
}

fn begin(runs: &PendingRuns) -> (Ticket, Outcome) {
    match runs.begin(pulling()) {
        Begun::New(ticket, outcome) => (ticket, outcome),
        Begun::Joined(_) => panic!("there is no run to join"),
    }
}

fn refusal() -> DockerFault {
    DockerFault::Refused { status: 500, message: "no route to the registry".into() }
}

#[test]
fn a_second_order_joins_the_first() {
    let runs = PendingRuns::default();
    let (ticket, _) = begin(&runs);
    let Begun::Joined(outcome) = runs.begin(pulling()) else {
        panic!("the run was begun twice");
    };
    ticket.end(Ended::Started);
    assert_eq!(*outcome.borrow(), Some(Ended::Started));
    assert!(runs.snapshot().is_empty());
}

#[test]
fn a_run_is_listed_with_its_labels_and_how_far_it_is() {
    let runs = PendingRuns::default();
    let (ticket, _outcome) = begin(&runs);
    ticket.advance(WorkloadStatus::ContainerCreating);
    let run = runs.get("w-1").unwrap();
    assert_eq!(run.status, WorkloadStatus::ContainerCreating);
    assert_eq!(run.labels, spec().labels);
}

#[test]
fn a_failed_run_stays_with_its_reason_and_can_be_begun_anew() {
    let runs = PendingRuns::default();
    let (ticket, outcome) = begin(&runs);
    ticket.fail(WorkloadStatus::ImagePullBackOff, refusal());
    assert_eq!(*outcome.borrow(), Some(Ended::Failed(refusal())));
    let run = runs.get("w-1").unwrap();
    assert_eq!(run.status, WorkloadStatus::ImagePullBackOff);
    assert_eq!(run.reason.as_deref(), Some("no route to the registry"));
    begin(&runs).0.end(Ended::Started);
    assert_eq!(runs.get("w-1"), None);
}

#[test]
fn a_cancelled_run_is_forgotten_and_cannot_touch_its_successor() {
    let runs = PendingRuns::default();
    let (old, _) = begin(&runs);
    assert!(runs.cancel("w-1").is_some());
    assert!(old.cancelled.is_cancelled());
    assert_eq!(runs.get("w-1"), None);

    let (_new, outcome) = begin(&runs);
    old.advance(WorkloadStatus::Failed);
    old.fail(WorkloadStatus::Failed, refusal());
    assert_eq!(runs.get("w-1").unwrap().status, WorkloadStatus::Pulling);
    assert_eq!(*outcome.borrow(), None);
}

#[test]
fn a_run_whose_task_broke_off_has_failed() {
    let runs = PendingRuns::default();
    let (ticket, outcome) = begin(&runs);
    drop(ticket);
    assert!(matches!(*outcome.borrow(), Some(Ended::Failed(_))));
    assert_eq!(runs.get("w-1").unwrap().status, WorkloadStatus::Failed);
}

#[test]
fn nothing_is_cancelled_where_nothing_is() {
    assert!(PendingRuns::default().cancel("w-1").is_none());
}
