//! Assertions that do not stop at the first violation.

use std::fmt::Debug;

use serde_json::json;

use crate::evidence::{Recorder, StepError, StepResult, cut_middle};

/// Collects violations; [`Checks::finish`] tells them all in one failure.
#[must_use = "call finish()?, or violations go unnoticed"]
pub struct Checks {
    recorder: Recorder,
    made: usize,
    violations: Vec<String>,
    finished: bool,
}

impl Checks {
    pub fn new(recorder: Recorder) -> Self {
        Self { recorder, made: 0, violations: Vec::new(), finished: false }
    }

    /// `actual` must equal `expected`.
    pub fn equal<A: PartialEq<E> + Debug, E: Debug>(
        &mut self,
        name: &str,
        actual: A,
        expected: E,
    ) -> bool {
        let held = actual == expected;
        self.conclude(name, held, || format!("expected {expected:?}, got {actual:?}"))
    }

    /// The opposite of [`Checks::equal`].
    pub fn differs<A: PartialEq<E> + Debug, E: Debug>(
        &mut self,
        name: &str,
        actual: A,
        unwanted: E,
    ) -> bool {
        let held = actual != unwanted;
        self.conclude(name, held, || format!("must not be {unwanted:?}"))
    }

    /// `detail` says what was seen instead.
    pub fn is_true(&mut self, name: &str, held: bool, detail: impl Into<String>) -> bool {
        let detail = detail.into();
        self.conclude(name, held, || detail)
    }

    /// `actual` must lie between the bounds, both included.
    pub fn between<T: PartialOrd + Debug>(
        &mut self,
        name: &str,
        actual: T,
        low: T,
        high: T,
    ) -> bool {
        let held = low <= actual && actual <= high;
        self.conclude(name, held, || format!("expected {low:?} to {high:?}, got {actual:?}"))
    }

    pub fn contains(&mut self, name: &str, text: &str, part: &str) -> bool {
        let held = text.contains(part);
        self.conclude(name, held, || {
            format!("expected a text with {part:?}, got {:?}", cut_middle(text, 400))
        })
    }

    /// The value that must be there, for further checks.
    pub fn some<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        let held = value.is_some();
        self.conclude(name, held, || "is missing".to_owned());
        value
    }

    /// Notes a violation found by other means.
    pub fn violated(&mut self, name: &str, detail: impl Into<String>) {
        let detail = detail.into();
        self.conclude(name, false, || detail);
    }

    pub fn all_held(&self) -> bool {
        self.violations.is_empty()
    }

    /// One failure that lists every violation.
    pub fn finish(mut self) -> StepResult {
        self.finished = true;
        match &self.violations[..] {
            [] => Ok(()),
            [only] => Err(StepError::failed(only.clone())),
            [first, rest @ ..] => {
                let mut message =
                    format!("{first} (and {} more of {} checks)", rest.len(), self.made);
                for violation in &self.violations {
                    message.push_str("\n  ✗ ");
                    message.push_str(&violation.replace('\n', "\n    "));
                }
                Err(StepError::failed(message))
            }
        }
    }

    fn conclude(&mut self, name: &str, held: bool, detail: impl FnOnce() -> String) -> bool {
        self.made += 1;
        if held {
            self.recorder.record("check", format!("✓ {name}"), json!({ "held": true }));
        } else {
            let violation = format!("{name}: {}", detail());
            self.recorder.record("check", format!("✗ {violation}"), json!({ "held": false }));
            self.violations.push(violation);
        }
        held
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            self.recorder.defect(format!(
                "{} checks were made and never finished, {} of them violated",
                self.made,
                self.violations.len()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_violations_are_told() {
        let recorder = Recorder::in_memory();
        let mut checks = Checks::new(recorder.clone());
        assert!(checks.equal("image", "web:1", "web:1"));
        assert!(!checks.equal("port", 80, 81));
        checks.is_true("label", false, "zone is b");
        checks.between("seconds", 5, 1, 3);
        assert_eq!(checks.some("id", None::<u8>), None);
        let error = checks.finish().unwrap_err();
        assert_eq!(
            error,
            StepError::failed(
                "port: expected 81, got 80 (and 3 more of 5 checks)\n  ✗ port: expected 81, got 80\
                 \n  ✗ label: zone is b\n  ✗ seconds: expected 1 to 3, got 5\n  ✗ id: is missing"
            )
        );
        assert_eq!(recorder.log().events().len(), 5);
        assert!(recorder.look().defects.is_empty());
    }

    #[test]
    fn a_single_violation_stands_alone() {
        let mut checks = Checks::new(Recorder::in_memory());
        checks.contains("page", "nothing", "persys");
        let error = checks.finish().unwrap_err();
        assert_eq!(error.message, r#"page: expected a text with "persys", got "nothing""#);
    }

    #[test]
    fn unfinished_checks_are_a_defect_of_the_step() {
        let recorder = Recorder::in_memory();
        {
            let mut checks = Checks::new(recorder.clone());
            checks.equal("port", 80, 81);
        }
        assert_eq!(recorder.look().defects.len(), 1);
    }
}
