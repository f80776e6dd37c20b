//! What a step is waiting for right now, readable from outside, so that a step
//! that is cut off can still say what it saw last.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::evidence::cut_middle;

/// Statuses kept for the story that a timeout tells.
const HISTORY: usize = 6;
/// The longest status told in full.
const STATUS_MAX: usize = 2000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    Ready,
    Fatal,
    TimedOut,
}

#[derive(Default)]
pub(crate) struct WaitBoard {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    active: BTreeMap<u64, Seen>,
    last: Option<(Seen, WaitEnd)>,
}

/// What one wait has seen so far.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub what: String,
    pub since: Instant,
    pub asked: u64,
    /// When the question was put that has no answer yet.
    in_flight: Option<Instant>,
    answered: Option<Instant>,
    /// The statuses that differ from their predecessor, with when each was first seen.
    history: VecDeque<(Instant, String)>,
    changes: u64,
}

impl WaitBoard {
    pub fn begin(self: &Arc<Self>, what: &str) -> Awaited {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        state.active.insert(
            id,
            Seen {
                what: what.to_owned(),
                since: Instant::now(),
                asked: 0,
                in_flight: None,
                answered: None,
                history: VecDeque::new(),
                changes: 0,
            },
        );
        Awaited { board: self.clone(), id }
    }

    /// Forgets everything, at the beginning of a step.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.active.clear();
        state.last = None;
    }

    /// What the step was doing, for a step that is cut off.
    pub fn explain(&self) -> String {
        let state = self.lock();
        let active: Vec<String> =
            state.active.values().map(|seen| seen.explain("was waiting", "until then")).collect();
        match (active.is_empty(), &state.last) {
            (false, _) => active.join("\n"),
            (true, Some((seen, end))) => {
                let end = match end {
                    WaitEnd::Ready => "came true",
                    WaitEnd::Fatal => "could never come true",
                    WaitEnd::TimedOut => "timed out",
                };
                format!("nothing was being awaited; the last wait, until {}, {end}", seen.what)
            }
            (true, None) => "nothing was ever awaited in it".to_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running wait's place on the board.
pub(crate) struct Awaited {
    board: Arc<WaitBoard>,
    id: u64,
}

impl Awaited {
    pub fn asking(&self) {
        self.change(|seen| {
            seen.asked += 1;
            seen.in_flight = Some(Instant::now());
        });
    }

    /// Whether the status is another one than before.
    pub fn saw(&self, status: String) -> bool {
        let mut changed = false;
        self.change(|seen| {
            let now = Instant::now();
            seen.in_flight = None;
            seen.answered = Some(now);
            if seen.history.back().is_none_or(|(_, last)| *last != status) {
                changed = true;
                seen.changes += 1;
                seen.history.push_back((now, status));
                if seen.history.len() > HISTORY {
                    // The first status stays: it tells where the wait began.
                    seen.history.remove(1);
                }
            }
        });
        changed
    }

    pub fn end(&self, end: WaitEnd) {
        let mut state = self.board.lock();
        if let Some(seen) = state.active.get(&self.id).cloned() {
            state.last = Some((seen, end));
        }
    }

    pub fn snapshot(&self) -> Option<Seen> {
        self.board.lock().active.get(&self.id).cloned()
    }

    pub fn explain(&self, limit: &str) -> String {
        self.snapshot().map_or_else(String::new, |seen| seen.explain("timed out waiting", limit))
    }

    fn change(&self, f: impl FnOnce(&mut Seen)) {
        if let Some(seen) = self.board.lock().active.get_mut(&self.id) {
            f(seen);
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.board.lock().active.remove(&self.id);
    }
}

impl Seen {
    pub fn status(&self) -> &str {
        self.history.back().map_or("no answer yet", |(_, status)| status)
    }

    /// The first line stands alone; the rest tells how the wait went.
    fn explain(&self, how: &str, limit: &str) -> String {
        let now = Instant::now();
        let mut text = format!("{how} until {}; ", self.what);
        match self.history.back() {
            Some((_, status)) => {
                let _ = write!(text, "last status: {}", cut_middle(status, STATUS_MAX));
            }
            None => text.push_str("the first question was never answered"),
        }
        let times = if self.asked == 1 { "once" } else { "times" };
        let asked = if self.asked == 1 { String::new() } else { format!("{} ", self.asked) };
        let _ =
            write!(text, "\n  waited {} ({limit}), asked {asked}{times}", brief(now - self.since));
        if let Some(answered) = self.answered {
            let _ = write!(text, ", last answer {} ago", brief(now - answered));
        }
        if let Some(asked) = self.in_flight {
            let _ = write!(text, ", the last question unanswered for {}", brief(now - asked));
        }
        let Some((changed, _)) = self.history.back() else { return text };
        let _ = write!(text, "\n  the status last changed {} ago", brief(now - *changed));
        if self.changes == 1 {
            text.push_str(": it was the same from the first answer on");
            return text;
        }
        let _ = write!(text, ", {} different ones in all:", self.changes);
        let hidden = self.changes - self.history.len() as u64;
        for (n, (at, status)) in self.history.iter().enumerate() {
            if n == 1 && hidden > 0 {
                let _ = write!(text, "\n    … {hidden} more");
            }
            let status = cut_middle(status, STATUS_MAX).replace('\n', "\n      ");
            let _ = write!(text, "\n    after {}: {status}", brief(*at - self.since));
        }
        text
    }
}

/// `12.3 s`, `450 ms`.
pub(crate) fn brief(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}
