//! When something may be tried again, and when it is given up (contract §6).

use persys_reference_base::defect;
use std::time::Duration;

use persys_contract::ReconcileAction;
use serde::{Deserialize, Serialize};

/// So many restarts within so long, and a workload is given up.
const RESTARTS: usize = 5;
const WINDOW: Duration = Duration::from_secs(5 * 60);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What was tried with a workload. Times are milliseconds since 1970, as several
/// schedulers go on with it one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct History {
    /// The restarts, and recreations of what had failed, of the last five minutes.
    restarts: Vec<u64>,
    /// How often in a row the same thing was tried, or failed, and when last.
    streak: u32,
    last: u64,
    given_up: bool,
}

/// Whether an action's time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Go,
    Wait(Duration),
    /// It was tried too often; from now on it is given up.
    GiveUp,
    /// It was given up before.
    GivenUp,
}

/// Why an action is taken; the same action may be bounded or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The container itself ended or failed.
    Crash,
    /// The image could not be had.
    Pull,
    /// Anything else: somebody's wish, or somebody's hand.
    Other,
}

impl Cause {
    pub fn of(action: ReconcileAction, container_is_there: bool) -> Self {
        match action {
            ReconcileAction::Restart => Self::Crash,
            ReconcileAction::Recreate if container_is_there => Self::Crash,
            ReconcileAction::Retry => Self::Pull,
            _ => Self::Other,
        }
    }
}

impl History {
    /// Whether something may be done now.
    pub fn gate(&self, cause: Cause, now: u64) -> Gate {
        if cause == Cause::Crash {
            if self.given_up {
                defect!("given-up-not-for-long" => if now.saturating_sub(self.last_restart()) > 3000 {
                    return Gate::Go;
                });
                return Gate::GivenUp;
            }
            let recent = self.recent(now);
            defect!("healed-only-once" => if !recent.is_empty() {
                return Gate::GivenUp;
            });
            if defect!("crash-loop-goes-on", false, recent.len() >= RESTARTS) {
                return Gate::GiveUp;
            }
            if let Some(&last) = recent.last() {
                let wait = wait(last, recent.len(), now);
                if !wait.is_zero() {
                    return Gate::Wait(wait);
                }
            }
        }
        let wait = wait(self.last, self.streak as usize, now);
        if wait.is_zero() { Gate::Go } else { Gate::Wait(wait) }
    }

    /// Notes that something is about to be done.
    pub fn begin(&mut self, cause: Cause, now: u64) {
        match cause {
            Cause::Crash => {
                self.restarts = self.recent(now);
                self.restarts.push(now);
            }
            Cause::Pull => {
                self.streak = self.streak.saturating_add(1);
                self.last = now;
            }
            Cause::Other => {}
        }
    }

    /// Notes how it went. The pause after a restart begins with its end: a node that
    /// is slow to start a container must not be asked all the sooner for it.
    pub fn end(&mut self, cause: Cause, success: bool, now: u64) {
        if cause == Cause::Crash
            && let Some(last) = self.restarts.last_mut()
        {
            *last = now.max(*last);
        }
        match (cause, success) {
            (Cause::Pull, _) => {}
            (_, true) => self.streak = 0,
            (_, false) => {
                self.streak = self.streak.saturating_add(1);
                self.last = now;
            }
        }
    }

    pub fn give_up(&mut self) {
        self.given_up = true;
    }

    pub fn is_given_up(&self) -> bool {
        self.given_up
    }

    /// Somebody asks again: everything may be tried anew.
    pub fn forgive(&mut self) {
        defect!("given-up-for-ever" => return);
        *self = Self::default();
    }

    /// The workload runs: what was given up is not, and old troubles are forgotten
    /// once they are old. Whether anything changed.
    pub fn runs(&mut self, now: u64) -> bool {
        let recent = self.recent(now);
        let old = now.saturating_sub(self.last) > millis(WINDOW);
        let changed =
            self.given_up || recent.len() != self.restarts.len() || (self.streak > 0 && old);
        self.given_up = false;
        self.restarts = recent;
        if old {
            self.streak = 0;
            self.last = 0;
        }
        changed
    }

    /// How often something was tried lately, for `reconciliationRetryCount`.
    pub fn retries(&self) -> u32 {
        let restarts = u32::try_from(self.restarts.len()).unwrap_or(u32::MAX);
        restarts.max(self.streak)
    }

    #[cfg(feature = "defects")]
    fn last_restart(&self) -> u64 {
        self.restarts.last().copied().unwrap_or_default()
    }

    fn recent(&self, now: u64) -> Vec<u64> {
        let limit = now.saturating_sub(millis(WINDOW));
        // What a faster clock noted for the future counts as now.
        self.restarts.iter().map(|&at| at.min(now)).filter(|&at| at > limit).collect()
    }
}

/// Says why a workload is given up.
pub fn given_up_reason(ended: &str) -> String {
    format!("given up after {RESTARTS} restarts within {} minutes: {ended}", WINDOW.as_secs() / 60)
}

/// What is left of the pause after the `tries`-th try at `last`.
fn wait(last: u64, tries: usize, now: u64) -> Duration {
    defect!("restarts-without-pause" => return Duration::ZERO);
    if tries == 0 {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(tries - 1).unwrap_or(u32::MAX).min(16);
    let pause = (FIRST_PAUSE * 2u32.pow(doublings)).min(LONGEST_PAUSE);
    pause.saturating_sub(Duration::from_millis(now.saturating_sub(last)))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "backoff_tests.rs"]
mod tests;
