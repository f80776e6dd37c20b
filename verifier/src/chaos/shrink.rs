//! Finds a shorter plan that still fails.
//!
//! A prefix is only ever called failing when it was seen to fail, so that what comes out is true
//! even where a failure comes and goes: then it is only not the shortest.

use super::ChaosPlan;

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialVerdict {
    /// In the words of the first violation.
    Fails(String),
    Passes,
    /// It could not be carried out, and why: nothing follows from it.
    Unjudged(String),
}

/// A plan that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub entries: usize,
    pub duration_ms: u64,
    pub verdict: TrialVerdict,
}

/// Why no shorter plan was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every shorter one that was tried passes.
    Shortest,
    /// There was no time left.
    OutOfTime,
    /// The failure did not come again: it depends on more than the plan.
    Intermittent,
    /// The platform could not be brought back to where it began.
    Stuck(String),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The shortest plan that was seen to fail: the whole one if no other was.
    pub plan: ChaosPlan,
    pub trials: Vec<Trial>,
    pub ending: Ending,
}

/// How often a failure is tried to be had again before it is called intermittent.
const AGAIN: usize = 2;

/// `failed_at_ms` is when the failure of the whole plan was seen, if it was seen on the way: what
/// came later had no part in it. `attempt` carries out a plan on a platform as it was at the
/// beginning; nothing when there is no time for it.
pub fn shrink(
    whole: &ChaosPlan,
    failed_at_ms: Option<u64>,
    attempt: impl FnMut(&ChaosPlan) -> Option<TrialVerdict>,
) -> Shrunk {
    let mut search = Search { attempt, trials: Vec::new(), shortest: whole.clone() };
    let ending = match search.run(whole, failed_at_ms) {
        Ok(ending) | Err(ending) => ending,
    };
    Shrunk { plan: search.shortest, trials: search.trials, ending }
}

struct Search<F> {
    attempt: F,
    trials: Vec<Trial>,
    shortest: ChaosPlan,
}

impl<F: FnMut(&ChaosPlan) -> Option<TrialVerdict>> Search<F> {
    fn run(&mut self, whole: &ChaosPlan, failed_at_ms: Option<u64>) -> Result<Ending, Ending> {
        let due = |at_ms: u64| whole.entries.iter().filter(|e| e.at_ms <= at_ms).count();
        let mut fails = failed_at_ms.map_or(whole.entries.len(), due).min(whole.entries.len());
        self.reproduce(whole, &mut fails)?;
        let mut passes = 0;
        while passes + 1 < fails {
            let middle = passes + (fails - passes) / 2;
            if self.fails(&whole.prefix(middle))? {
                fails = middle;
            } else {
                passes = middle;
            }
        }
        self.drop_entries()?;
        Ok(Ending::Shortest)
    }

    /// The failure must come again, or nothing follows from a plan that passes.
    fn reproduce(&mut self, whole: &ChaosPlan, fails: &mut usize) -> Result<(), Ending> {
        for _ in 0..AGAIN {
            if self.fails(&whole.prefix(*fails))? {
                return Ok(());
            }
        }
        // It may have been seen in the middle of what causes it.
        if *fails < whole.entries.len() && self.fails(whole)? {
            *fails = whole.entries.len();
            return Ok(());
        }
        Err(Ending::Intermittent)
    }

    /// Leaves out one fault after the other, the latest first, as long as it fails without.
    fn drop_entries(&mut self) -> Result<(), Ending> {
        let mut position = self.shortest.entries.len();
        while position > 0 {
            position -= 1;
            if self.shortest.entries[position].is_fault() {
                let less = self.shortest.without(position);
                self.fails(&less)?;
            }
        }
        Ok(())
    }

    fn fails(&mut self, plan: &ChaosPlan) -> Result<bool, Ending> {
        let verdict = (self.attempt)(plan).ok_or(Ending::OutOfTime)?;
        let (entries, duration_ms) = (plan.entries.len(), plan.duration_ms);
        self.trials.push(Trial { entries, duration_ms, verdict: verdict.clone() });
        match verdict {
            TrialVerdict::Fails(_) => {
                self.shortest = plan.clone();
                Ok(true)
            }
            TrialVerdict::Passes => Ok(false),
            TrialVerdict::Unjudged(why) => Err(Ending::Stuck(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::chaos::{generate, ground::fixture::whole as ground};

    fn plan() -> ChaosPlan {
        generate(5, Duration::from_secs(60), &ground())
    }

    /// Fails as soon as the plan has this entry.
    fn culprit(whole: &ChaosPlan, position: usize) -> impl Fn(&ChaosPlan) -> TrialVerdict {
        let culprit = whole.entries[position].clone();
        move |plan| {
            if plan.entries.contains(&culprit) {
                TrialVerdict::Fails("it is there".into())
            } else {
                TrialVerdict::Passes
            }
        }
    }

    #[test]
    fn the_shortest_prefix_is_found_and_its_other_faults_are_dropped() {
        let whole = plan();
        let position = whole.entries.len() / 2;
        let fails = culprit(&whole, position);
        let shrunk = shrink(&whole, None, |plan| Some(fails(plan)));
        assert_eq!(shrunk.ending, Ending::Shortest);
        assert_eq!(shrunk.plan.entries.last(), Some(&whole.entries[position]));
        let faults = shrunk.plan.entries.iter().filter(|entry| entry.is_fault()).count();
        assert_eq!(faults, usize::from(whole.entries[position].is_fault()));
        assert!(shrunk.plan.duration_ms <= whole.duration_ms / 2 + 20_000);
    }

    #[test]
    fn what_came_after_the_failure_is_never_tried() {
        let whole = plan();
        let position = 10;
        let fails = culprit(&whole, position);
        let at_ms = whole.entries[position].at_ms;
        let mut longest = 0;
        let shrunk = shrink(&whole, Some(at_ms + 100), |plan| {
            longest = longest.max(plan.entries.len());
            Some(fails(plan))
        });
        assert!(longest < whole.entries.len() / 2, "{longest} of {}", whole.entries.len());
        assert_eq!(shrunk.plan.entries.last(), Some(&whole.entries[position]));
    }

    #[test]
    fn a_failure_that_needs_what_came_after_it_is_had_with_the_whole() {
        let whole = plan();
        let last = whole.entries.len() - 1;
        let fails = culprit(&whole, last);
        let shrunk = shrink(&whole, Some(1000), |plan| Some(fails(plan)));
        assert_eq!(shrunk.ending, Ending::Shortest);
        assert_eq!(shrunk.plan.entries.last(), Some(&whole.entries[last]));
    }

    #[test]
    fn a_failure_that_does_not_come_again_is_told_as_such() {
        let whole = plan();
        let shrunk = shrink(&whole, None, |_| Some(TrialVerdict::Passes));
        assert_eq!((shrunk.ending, shrunk.trials.len()), (Ending::Intermittent, AGAIN));
        assert_eq!(shrunk.plan, whole);
    }

    #[test]
    fn without_time_or_platform_what_was_seen_to_fail_stays() {
        let whole = plan();
        let shrunk = shrink(&whole, None, |_| None);
        assert_eq!((&shrunk.plan, shrunk.ending), (&whole, Ending::OutOfTime));
        let mut left = 2;
        let shrunk = shrink(&whole, None, |_| {
            left -= 1;
            (left >= 0).then(|| TrialVerdict::Fails("x".into()))
        });
        assert_eq!(shrunk.plan.entries.len(), whole.entries.len() / 2);
        let stuck = shrink(&whole, None, |_| Some(TrialVerdict::Unjudged("it is down".into())));
        assert_eq!(stuck.ending, Ending::Stuck("it is down".into()));
    }

    proptest! {
        /// However a failure comes and goes, what is given back was seen to fail.
        #[test]
        fn what_is_given_back_was_seen_to_fail(answers in prop::collection::vec(any::<bool>(), 0..60)) {
            let whole = plan();
            let mut seen = vec![whole.clone()];
            let mut answers = answers.into_iter();
            let shrunk = shrink(&whole, None, |plan| {
                Some(if answers.next()? {
                    seen.push(plan.clone());
                    TrialVerdict::Fails("x".into())
                } else {
                    TrialVerdict::Passes
                })
            });
            prop_assert!(seen.contains(&shrunk.plan));
            prop_assert!(seen.iter().all(|plan| plan.entries.len() >= shrunk.plan.entries.len()));
        }

        /// A plan of n entries needs about log2(n) trials and one for each fault that is left.
        #[test]
        fn it_takes_few_trials(share in 0.0..1.0_f64) {
            let whole = plan();
            let position = (share * (whole.entries.len() - 1) as f64) as usize;
            let fails = culprit(&whole, position);
            let shrunk = shrink(&whole, None, |plan| Some(fails(plan)));
            let faults = whole.prefix(position + 1).counts().1;
            prop_assert!(shrunk.trials.len() <= 9 + faults, "{} trials", shrunk.trials.len());
        }
    }
}
