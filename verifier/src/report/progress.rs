//! What is going on right now: a live line on a terminal, plain lines elsewhere.

use std::{
    io::{IsTerminal, Write, stderr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use console::style;
use indicatif::{ProgressBar, ProgressStyle};

use super::plain_text::{clean_line, span};
use crate::events::{Body, Event, EventLog, Verdict};

/// Without a terminal, a step that takes long is mentioned this often.
const STILL_EVERY: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(120);
const LINE_MAX: usize = 400;

/// Shows the run on standard error until it is dropped.
pub struct Progress {
    shared: Arc<Mutex<Shown>>,
    stop: Option<Sender<()>>,
    ticker: Option<JoinHandle<()>>,
}

struct Shown {
    bar: Option<ProgressBar>,
    step: Option<Running>,
    attempt: u32,
    spoke: Instant,
    /// Whether each operation and each fault has a line of its own.
    blow_by_blow: bool,
}

struct Running {
    name: String,
    since: Instant,
    budget_ms: u64,
    waiting: String,
}

impl Progress {
    /// With a line for each operation and each fault where many of them are made at random.
    pub fn start(log: &EventLog, blow_by_blow: bool) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            // The template is fixed, so that it cannot be wrong at run time only.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        let shown = Shown { bar, step: None, attempt: 1, spoke: Instant::now(), blow_by_blow };
        let shared = Arc::new(Mutex::new(shown));
        let follower = shared.clone();
        log.follow(move |event| lock(&follower).apply(event));
        let (stop, stopped) = mpsc::channel();
        let ticked = shared.clone();
        let ticker = std::thread::spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                lock(&ticked).tick();
            }
        });
        Self { shared, stop: Some(stop), ticker: Some(ticker) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(ticker) = self.ticker.take() {
            // It holds nothing that could be lost with it.
            let _ = ticker.join();
        }
        let mut shown = lock(&self.shared);
        shown.step = None;
        if let Some(bar) = shown.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shown {
    fn apply(&mut self, event: &Event) {
        let scenario = event.scenario.as_deref().unwrap_or_default();
        let name = format!("{scenario}/{}", event.step.as_deref().unwrap_or_default());
        match &event.body {
            Body::ScenarioStarted(started) => {
                self.attempt = started.attempt;
                let again = match started.attempt {
                    1 => String::new(),
                    n => format!(" (attempt {n})"),
                };
                self.say(&format!(
                    "{} {}{again}",
                    style(scenario).bold().for_stderr(),
                    started.title
                ));
            }
            Body::StepStarted(started) => {
                self.step = Some(Running {
                    name,
                    since: Instant::now(),
                    budget_ms: started.budget_ms,
                    waiting: String::new(),
                });
                self.spoke = Instant::now();
                self.tick();
            }
            Body::Waiting(waiting) => {
                let text = format!("waiting until {}: {}", waiting.what, waiting.status);
                match &mut self.step {
                    Some(step) => step.waiting = text,
                    // A scenario's turn, which can be long in coming.
                    None => self.say(&format!("{scenario} {text}")),
                }
            }
            Body::StepFinished(finished) => {
                self.step = None;
                let step = event.step.as_deref().unwrap_or_default();
                let took = match finished.duration_ms {
                    ms if ms >= 100.0 => format!(" {}", span(ms)),
                    _ => String::new(),
                };
                let headline = finished.message.lines().next().unwrap_or_default();
                let text = match headline {
                    "" => String::new(),
                    headline => format!("  {}", clean_line(headline, LINE_MAX)),
                };
                self.say(&format!("  {} {step}{took}{text}", mark(finished.verdict)));
            }
            Body::Operation(ended) if self.blow_by_blow => {
                let line = clean_line(&ended.to_string(), LINE_MAX);
                self.say(&format!("  {} {} {line}", span(event.at), outcome(&ended.outcome)));
            }
            Body::Fault(change) if self.blow_by_blow => {
                let what = super::timeline::words(&change.fault);
                let (machine, how) = (&change.machine, style(&change.change).yellow().for_stderr());
                let line = clean_line(&format!("{what} on {machine}"), LINE_MAX);
                self.say(&format!("  {} ⚡ {how} {line}", span(event.at)));
            }
            Body::Note(note) => self.say(&format!("  note: {}", clean_line(&note.text, LINE_MAX))),
            _ => {}
        }
    }

    fn say(&mut self, line: &str) {
        self.spoke = Instant::now();
        match &self.bar {
            Some(bar) => bar.suspend(|| print(line)),
            None => print(line),
        }
    }

    fn tick(&mut self) {
        let Some(step) = &self.step else {
            if let Some(bar) = &self.bar {
                bar.set_message("");
            }
            return;
        };
        let elapsed = step.since.elapsed().as_millis() as f64;
        let now = format!(
            "{} {} of {}  {}",
            step.name,
            span(elapsed),
            span(step.budget_ms as f64),
            clean_line(&step.waiting, LINE_MAX),
        );
        match &self.bar {
            Some(bar) => {
                bar.set_message(now);
                bar.tick();
            }
            None if self.spoke.elapsed() >= STILL_EVERY => self.say(&format!("  … {now}")),
            None => {}
        }
    }
}

/// Nobody who listens no more keeps the run from going on.
fn print(line: &str) {
    let _ = writeln!(stderr(), "{}", line.trim_end());
}

fn mark(verdict: Verdict) -> console::StyledObject<&'static str> {
    match verdict {
        Verdict::Passed => style("✓").green(),
        Verdict::Skipped => style("-").dim(),
        Verdict::Flaky => style("~").yellow(),
        Verdict::Quarantined => style("?").yellow(),
        Verdict::Failed => style("✗").red(),
        Verdict::Error => style("!").red(),
    }
    .for_stderr()
}

/// The mark of an operation's end: acknowledged, refused, unknown.
fn outcome(word: &str) -> console::StyledObject<&'static str> {
    match word {
        "ok" => style("✓").green(),
        "fail" => style("-").dim(),
        _ => style("?").yellow(),
    }
    .for_stderr()
}
