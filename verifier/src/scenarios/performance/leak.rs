//! Whether what a program takes, or what is left in etcd, grows with every equal round.

use persys_faultd::protocol::Figures;
use serde_json::json;

use super::{
    figures::Part,
    rounds::{Round, Rounds},
    verdict::judge,
};
use crate::{
    context::Context,
    evidence::{StepError, StepResult},
    load::{Growth, Trend},
};

/// The first rounds fill pools and caches; they do not count.
const WARM_UP: usize = 1;

/// A figure that may leak.
struct Suspect {
    name: &'static str,
    unit: &'static str,
    scale: f64,
    /// Growth per round.
    tolerated: f64,
}

/// Tolerated are two kilobytes for each of a round's requests.
static MEMORY: Suspect =
    Suspect { name: "memory", unit: "KiB", scale: 1024.0, tolerated: 256.0 * 1024.0 };

/// One lost for each of a round's workloads would be six. Idle connections between
/// components come and go by a few, which makes the interval wide and not the slope steep.
static DESCRIPTORS: Suspect =
    Suspect { name: "descriptors", unit: "descriptors", scale: 1.0, tolerated: 1.0 };

/// One left for each of a round's workloads would be six. Those of who acts on a workload
/// at the moment come and go.
static KEYS: Suspect = Suspect { name: "keys", unit: "keys", scale: 1.0, tolerated: 1.0 };

/// A figure of somebody's after each round.
struct Course {
    suspect: &'static Suspect,
    whose: String,
    values: Vec<f64>,
}

impl Course {
    fn of_part(
        suspect: &'static Suspect,
        part: &Part,
        rounds: &[Round],
        figure: fn(&Figures) -> f64,
    ) -> Self {
        let figures = rounds.iter().filter_map(|round| round.after.of.get(part));
        Self { suspect, whose: part.to_string(), values: figures.map(figure).collect() }
    }

    fn of_store(rounds: &[Round]) -> Self {
        let values = rounds.iter().map(|round| round.after.store_keys as f64).collect();
        Self { suspect: &KEYS, whose: "etcd".to_owned(), values }
    }

    fn tell(&self, trend: &Trend) -> String {
        let Suspect { name, unit, scale, tolerated } = self.suspect;
        format!(
            "{name} of {}: {:.1} {unit} more a round (95 % sure: {:.1} to {:.1}), tolerated {:.1}",
            self.whose,
            trend.slope / scale,
            trend.low() / scale,
            trend.high() / scale,
            tolerated / scale
        )
    }
}

fn courses(rounds: &[Round]) -> Vec<Course> {
    let parts = rounds.last().into_iter().flat_map(|last| last.after.of.keys());
    let of_parts = parts.filter(|part| part.is_own()).flat_map(|part| {
        [
            Course::of_part(&MEMORY, part, rounds, |figures| figures.rss_bytes as f64),
            Course::of_part(&DESCRIPTORS, part, rounds, |figures| figures.open_fds as f64),
        ]
    });
    of_parts.chain([Course::of_store(rounds)]).collect()
}

pub async fn none(cx: &mut Context) -> StepResult {
    let rounds = cx.get::<Rounds>()?;
    let counted = rounds.all.get(WARM_UP..).unwrap_or_default();
    let (mut leaks, mut unsure, mut judged) = (Vec::new(), 0, 0);
    let mut programs = 0;
    let mut steepest = String::new();
    let mut steepest_by = f64::MIN;
    for course in courses(counted) {
        let Some(trend) = Trend::of(&course.values) else { continue };
        let told = course.tell(&trend);
        let data = json!({ "values": course.values, "slope": trend.slope, "margin": trend.margin });
        cx.record("figures", told.clone(), data);
        judged += 1;
        match trend.growth(course.suspect.tolerated) {
            Growth::Certain => leaks.push(told.clone()),
            Growth::Unsure => unsure += 1,
            Growth::None => {}
        }
        if std::ptr::eq(course.suspect, &MEMORY) {
            programs += 1;
            if trend.slope > steepest_by {
                steepest_by = trend.slope;
                steepest = told;
            }
        }
    }
    if programs == 0 {
        return Err(StepError::failed("no figure of the platform's programs could be judged"));
    }
    let mut text = format!(
        "leak: {} of {judged} figures surely grow, limit 0, over {} rounds after {WARM_UP} of \
         warm-up; {unsure} are unsure; steepest: {steepest}",
        leaks.len(),
        counted.len()
    );
    for leak in &leaks {
        text.push_str(&format!("\n  {leak}"));
    }
    judge(cx, text, json!({ "leaks": leaks, "unsure": unsure }), leaks.is_empty())
}
