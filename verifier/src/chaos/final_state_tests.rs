use super::*;

const ID: &str = "0-1";

fn fate(kind: Kind, presence: Presence, wishes: &[Wish]) -> BTreeMap<u32, (String, Fate)> {
    let wishes = wishes.iter().copied().collect();
    [(1, (ID.to_owned(), Fate { kind, presence, wishes }))].into()
}

fn service() -> BTreeMap<u32, (String, Fate)> {
    fate(Kind::Service, Presence::Present, &[Wish::Running])
}

fn record(status: WorkloadStatus, desired: DesiredState) -> FinalRecord {
    FinalRecord { node: Some("agent1".into()), status: Some(status), desired: Some(desired) }
}

fn container(node: &str, part: &str, state: &str) -> FinalContainer {
    let [node, part, state] = [node, part, state].map(str::to_owned);
    FinalContainer { node, workload: ID.to_owned(), part, state }
}

fn state(record: FinalRecord, containers: &[FinalContainer]) -> FinalState {
    let records: BTreeMap<_, _> = [(ID.to_owned(), record)].into();
    FinalState { etcd: records.clone(), api: records, containers: containers.to_vec() }
}

fn runs() -> FinalState {
    let record = record(WorkloadStatus::Running, DesiredState::Running);
    state(record, &[container("agent1", "", "running")])
}

#[track_caller]
fn tells(violations: &[Violation], invariant: Invariant, part: &str) {
    assert!(
        violations.iter().any(|v| v.invariant == invariant && v.text.contains(part)),
        "{part:?} is not in {violations:#?}"
    );
}

fn everything(fates: &BTreeMap<u32, (String, Fate)>, state: &FinalState) -> Vec<Violation> {
    let none = BTreeMap::new();
    [judge_presence(fates, state), judge_runs(fates, state, &none), judge_statuses(fates, state)]
        .concat()
}

#[test]
fn what_is_as_it_must_be_breaks_nothing() {
    assert_eq!(everything(&service(), &runs()), []);
    let gone = fate(Kind::Service, Presence::Absent, &[]);
    assert_eq!(everything(&gone, &FinalState::default()), []);
    let either = fate(Kind::Service, Presence::Either, &[Wish::Running]);
    assert_eq!(everything(&either, &runs()), []);
    assert_eq!(everything(&either, &FinalState::default()), []);
    let stopped = fate(Kind::Service, Presence::Present, &[Wish::Stopped]);
    let stops = record(WorkloadStatus::Stopped, DesiredState::Stopped);
    assert_eq!(everything(&stopped, &state(stops, &[container("agent1", "", "exited")])), []);
    let once = fate(Kind::OneShot, Presence::Present, &[Wish::Running]);
    let ended = record(WorkloadStatus::Exited, DesiredState::Running);
    assert_eq!(everything(&once, &state(ended, &[container("agent1", "", "exited")])), []);
    let project = fate(Kind::Compose, Presence::Present, &[Wish::Running]);
    let both = [container("agent1", "a1", "running"), container("agent1", "b1", "running")];
    let running = record(WorkloadStatus::Running, DesiredState::Running);
    assert_eq!(everything(&project, &state(running, &both)), []);
}

#[test]
fn what_was_acknowledged_and_is_gone_is_told() {
    let lost = Invariant::NothingAcknowledgedLost;
    tells(&judge_presence(&service(), &FinalState::default()), lost, "etcd has no record");
    let hidden = FinalState { api: BTreeMap::new(), ..runs() };
    tells(&judge_presence(&service(), &hidden), lost, "the gateway does not list it");
    let forgotten = FinalState { etcd: BTreeMap::new(), ..runs() };
    tells(&judge_presence(&service(), &forgotten), lost, "the gateway lists w1");
}

#[test]
fn what_was_removed_and_is_there_is_told() {
    let lost = Invariant::NothingAcknowledgedLost;
    let gone = fate(Kind::Service, Presence::Absent, &[]);
    tells(&judge_presence(&gone, &runs()), lost, "must be gone, and etcd has its record");
    let shown = FinalState { etcd: BTreeMap::new(), ..runs() };
    tells(&judge_presence(&gone, &shown), lost, "must be gone, and the gateway lists it");
    let left = FinalState { etcd: BTreeMap::new(), api: BTreeMap::new(), ..runs() };
    tells(&judge_runs(&gone, &left, &BTreeMap::new()), Invariant::NothingRunsTwice, "no record");
    let halfway = state(record(WorkloadStatus::Running, DesiredState::Deleted), &[]);
    let either = fate(Kind::Service, Presence::Either, &[Wish::Running]);
    tells(&judge_presence(&either, &halfway), lost, "is to be deleted, and is still there");
}

#[test]
fn what_is_unknown_is_everywhere_the_same() {
    let either = fate(Kind::Service, Presence::Either, &[Wish::Running]);
    let lost = Invariant::NothingAcknowledgedLost;
    let hidden = FinalState { api: BTreeMap::new(), ..runs() };
    tells(&judge_presence(&either, &hidden), lost, "which the gateway does not list");
    let forgotten = FinalState { etcd: BTreeMap::new(), ..runs() };
    tells(&judge_presence(&either, &forgotten), lost, "of which etcd has no record");
}

#[test]
fn a_wish_that_was_lost_is_told() {
    let stopped = fate(Kind::Service, Presence::Present, &[Wish::Stopped]);
    let lost = Invariant::NothingAcknowledgedLost;
    tells(&judge_presence(&stopped, &runs()), lost, "desired state Running");
}

#[test]
fn what_runs_twice_is_told() {
    let twice = Invariant::NothingRunsTwice;
    let none = BTreeMap::new();
    let mut copied = runs();
    copied.containers.push(container("agent2", "", "running"));
    tells(&judge_runs(&service(), &copied, &none), twice, "is given to agent1");
    let mut doubled = runs();
    doubled.containers.push(container("agent1", "", "exited"));
    tells(&judge_runs(&service(), &doubled, &none), twice, "agent1 has 2 containers");
    let told = Story { ended_well: 2, nodes: ["agent1".to_owned()].into() };
    let stories = [(1, told.clone())].into();
    tells(&judge_runs(&service(), &runs(), &stories), twice, "it was run again");
    let moved = Story { nodes: ["agent1", "agent2"].map(str::to_owned).into(), ..told };
    assert_eq!(judge_runs(&service(), &runs(), &[(1, moved)].into()), []);
}

#[test]
fn every_lie_about_a_status_is_told() {
    use DesiredState::{Running as Run, Stopped as Stop};
    use WorkloadStatus::{Exited, Failed, Running, Stopped};

    let lies: [(Kind, FinalRecord, &[FinalContainer], &str); 7] = [
        (Kind::Service, record(Running, Run), &[], "0 of its 1 containers run"),
        (
            Kind::Service,
            record(Failed, Run),
            &[container("agent1", "", "running")],
            "not told to run",
        ),
        (
            Kind::Compose,
            record(Running, Run),
            &[container("agent1", "a1", "running")],
            "1 of its 2",
        ),
        (
            Kind::Service,
            record(Stopped, Stop),
            &[container("agent1", "", "running")],
            "is to be stopped",
        ),
        (Kind::Service, record(Running, Stop), &[], "is stopped and is said to run"),
        (Kind::OneShot, record(Exited, Run), &[container("agent1", "", "running")], "still runs"),
        (Kind::OneShot, record(Running, Run), &[], "not told to have ended"),
    ];
    for (kind, record, containers, part) in lies {
        let fates = fate(kind, Presence::Present, &[Wish::Running]);
        tells(&judge_statuses(&fates, &state(record, containers)), Invariant::StatusesTrue, part);
    }
    let mut shown = runs();
    shown.api.insert(ID.into(), record(Failed, Run));
    tells(&judge_statuses(&service(), &shown), Invariant::StatusesTrue, "shows w1 (0-1) as Failed");
}

#[test]
fn those_who_disagree_on_the_schedulers_are_told() {
    let both = || ["prow1", "prow2"].map(str::to_owned).into();
    let sound = Discovery {
        alive: both(),
        registered: both(),
        srv: both(),
        a: both(),
        leaders: vec!["prow1".into()],
        inactive: Vec::new(),
    };
    assert_eq!(judge_discovery(&sound), []);
    let one: BTreeSet<String> = ["prow1".to_owned()].into();
    let agrees = Invariant::DiscoveryAgrees;
    let with = |change: fn(&mut Discovery, BTreeSet<String>)| {
        let mut changed = sound.clone();
        change(&mut changed, one.clone());
        judge_discovery(&changed)
    };
    tells(&with(|d, one| d.registered = one), agrees, "etcd has records of");
    tells(&with(|d, one| d.srv = one), agrees, "the SRV records");
    tells(&with(|d, one| d.a = one), agrees, "the addresses");
    assert_eq!(with(|d, one| d.alive = one).len(), 3, "DNS names one that is not there");
    tells(&with(|d, _| d.leaders.clear()), agrees, "one scheduler leads");
    tells(&with(|d, _| d.leaders.push("prow2".into())), agrees, "one scheduler leads");
    tells(&with(|d, _| d.inactive.push("agent1".into())), agrees, "not active");
}
