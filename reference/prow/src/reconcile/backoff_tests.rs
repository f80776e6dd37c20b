use super::*;

/// Tries to restart every 100 ms and gives back when it was let.
fn restarts(history: &mut History, from: u64, to: u64) -> Vec<u64> {
    let mut at = Vec::new();
    for now in (from..to).step_by(100) {
        match history.gate(Cause::Crash, now) {
            Gate::Go => {
                history.begin(Cause::Crash, now);
                history.end(Cause::Crash, true, now);
                at.push(now);
            }
            Gate::Wait(_) => {}
            Gate::GiveUp | Gate::GivenUp => break,
        }
    }
    at
}

#[test]
fn restarts_back_off_from_one_second_and_end_after_five() {
    let mut history = History::default();
    let at = restarts(&mut history, 1_000_000, 1_100_000);
    let gaps: Vec<_> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps, [1_000, 2_000, 4_000, 8_000]);
    assert_eq!(history.retries(), 5);
    let after = at[4] + 1;
    assert_eq!(history.gate(Cause::Crash, after), Gate::GiveUp);
    history.give_up();
    assert_eq!(history.gate(Cause::Crash, after + 3_600_000), Gate::GivenUp);
    // What else is to be done is done.
    assert_eq!(history.gate(Cause::Other, after), Gate::Go);
    history.forgive();
    assert_eq!(history.gate(Cause::Crash, after), Gate::Go);
}

#[test]
fn the_pause_begins_when_a_slow_restart_is_done() {
    let mut history = History::default();
    history.begin(Cause::Crash, 1_000_000);
    history.end(Cause::Crash, true, 1_003_000);
    assert_eq!(history.gate(Cause::Crash, 1_003_900), Gate::Wait(Duration::from_millis(100)));
    assert_eq!(history.gate(Cause::Crash, 1_004_000), Gate::Go);
}

#[test]
fn restarts_that_are_old_do_not_count() {
    let mut history = History::default();
    for minute in 0..20 {
        let now = 1_000_000 + minute * 100_000;
        assert_eq!(history.gate(Cause::Crash, now), Gate::Go, "{minute}");
        history.begin(Cause::Crash, now);
        history.end(Cause::Crash, true, now);
        assert!(history.retries() <= 3);
    }
}

#[test]
fn pulls_are_tried_again_ever_more_rarely_but_for_ever() {
    let mut history = History::default();
    let (mut now, mut pauses) = (1_000_000, Vec::new());
    for _ in 0..9 {
        assert_eq!(history.gate(Cause::Pull, now), Gate::Go);
        history.begin(Cause::Pull, now);
        history.end(Cause::Pull, true, now);
        let Gate::Wait(pause) = history.gate(Cause::Pull, now) else { panic!() };
        pauses.push(pause.as_secs());
        now += millis(pause);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn an_action_that_failed_is_not_tried_again_at_once() {
    let mut history = History::default();
    history.begin(Cause::Other, 1_000);
    history.end(Cause::Other, false, 1_000);
    history.end(Cause::Other, false, 1_000);
    assert_eq!(history.gate(Cause::Other, 1_500), Gate::Wait(Duration::from_millis(1_500)));
    assert_eq!(history.gate(Cause::Other, 3_000), Gate::Go);
    history.end(Cause::Other, true, 3_000);
    assert_eq!(history, History { last: 1_000, ..History::default() });
}

#[test]
fn a_workload_that_runs_is_given_up_no_more() {
    let mut history = History::default();
    restarts(&mut history, 1_000_000, 1_100_000);
    history.give_up();
    assert!(history.runs(1_100_000));
    assert!(!history.runs(1_100_000));
    assert_eq!(history.retries(), 5);
    assert!(history.runs(1_000_000 + 400_000));
    assert_eq!(history, History::default());
}

#[test]
fn a_clock_that_goes_back_neither_blocks_nor_panics() {
    let mut history = History::default();
    history.begin(Cause::Crash, 9_000_000);
    history.end(Cause::Crash, false, 9_000_000);
    assert_eq!(history.gate(Cause::Crash, 1_000), Gate::Wait(FIRST_PAUSE));
}

#[test]
fn only_what_the_container_did_itself_is_bounded() {
    use ReconcileAction::{Recreate, Remove, Restart, Retry, Stop, Unpause};
    assert_eq!(Cause::of(Restart, true), Cause::Crash);
    assert_eq!(Cause::of(Recreate, true), Cause::Crash);
    assert_eq!(Cause::of(Recreate, false), Cause::Other);
    assert_eq!(Cause::of(Retry, true), Cause::Pull);
    for action in [Stop, Remove, Unpause] {
        assert_eq!(Cause::of(action, true), Cause::Other);
    }
}
