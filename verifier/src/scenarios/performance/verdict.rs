//! How a criterion is told: with value, limit and number of samples, whether it holds or not.

use std::time::Instant;

use serde_json::Value;

use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    load::{LoadError, LoadReport},
};

/// Tells a criterion in every report, and fails the step with the same words when
/// it does not hold.
pub fn judge(cx: &Context, text: String, data: Value, held: bool) -> StepResult {
    cx.record("load", text.clone(), data);
    if held {
        cx.recorder().note(text);
        return Ok(());
    }
    Err(StepError::failed(text))
}

/// How often load is tried at least on a machine that is too busy to generate it.
const ATTEMPTS: u32 = 3;

/// Generates load again when the generator itself was too slow: that says nothing
/// about the platform, and on a shared machine passes. What was discarded is recorded.
/// Half of what is left of the step's time may go to it; the rest is the step's own.
pub async fn unless_saturated<Run>(
    cx: &Context,
    mut run: impl FnMut() -> Run,
) -> Result<LoadReport, LoadError>
where
    Run: Future<Output = Result<LoadReport, LoadError>>,
{
    let deadline = Instant::now() + cx.remaining() / 2;
    let mut attempt = 1;
    loop {
        match run().await {
            Err(error @ LoadError::Saturated { .. })
                if attempt < ATTEMPTS || Instant::now() < deadline =>
            {
                cx.record("note", format!("discarded: failed to {error}"), Value::Null);
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// A generator that measures itself says nothing about the platform; a platform
/// that answers nobody has failed.
impl From<LoadError> for StepError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::NoSamples { .. } => Self::failed(format!("failed to {error}")),
            LoadError::Saturated { .. } | LoadError::Setup(_) => {
                Self::error(format!("failed to {error}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::events::Verdict;

    #[test]
    fn zero_samples_fail_and_a_saturated_generator_is_an_error() {
        let none = LoadError::NoSamples { rate: 1.0, failures: "1 × status 503".into() };
        assert_eq!(StepError::from(none).verdict(), Verdict::Failed);
        let late = LoadError::Saturated {
            rate: 1.0,
            percentile: "p99".into(),
            slip: Duration::from_secs(1),
            limit: Duration::from_millis(250),
            samples: 1000,
        };
        assert_eq!(StepError::from(late).verdict(), Verdict::Error);
    }
}
