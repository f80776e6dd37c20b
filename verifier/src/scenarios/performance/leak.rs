//! Whether what a program takes grows with every equal round.

use persys_faultd::protocol::Figures;
use serde_json::json;

use super::{figures::Part, rounds::Rounds, verdict::judge};
use crate::{
    engine::{Context, StepError, StepResult},
    load::{Growth, Trend},
};

/// The first rounds fill pools and caches; they do not count.
const WARM_UP: usize = 1;
/// Growth per round that is tolerated: two kilobytes for each of a round's requests.
const RSS_A_ROUND: f64 = 256.0 * 1024.0;
/// One lost for each of a round's workloads would be six. Idle connections between
/// components come and go by a few, which makes the interval wide and not the slope steep.
const FDS_A_ROUND: f64 = 1.0;

/// A figure that may leak.
struct Suspect {
    name: &'static str,
    unit: &'static str,
    scale: f64,
    tolerated: f64,
    of: fn(&Figures) -> f64,
}

const SUSPECTS: [Suspect; 2] = [
    Suspect {
        name: "memory",
        unit: "KiB",
        scale: 1024.0,
        tolerated: RSS_A_ROUND,
        of: |figures| figures.rss_bytes as f64,
    },
    Suspect {
        name: "descriptors",
        unit: "descriptors",
        scale: 1.0,
        tolerated: FDS_A_ROUND,
        of: |figures| figures.open_fds as f64,
    },
];

pub async fn none(cx: &mut Context) -> StepResult {
    let rounds = cx.get::<Rounds>()?;
    let counted = rounds.all.get(WARM_UP..).unwrap_or_default();
    let Some(last) = counted.last() else {
        return Err(StepError::failed("there are no rounds to judge"));
    };
    let parts: Vec<&Part> = last.after.of.keys().filter(|part| part.is_own()).collect();
    let (mut leaks, mut unsure, mut judged) = (Vec::new(), 0, 0);
    let mut steepest = String::new();
    let mut steepest_by = f64::MIN;
    for part in parts {
        for suspect in &SUSPECTS {
            let figures = counted.iter().filter_map(|round| round.after.of.get(part));
            let values: Vec<f64> = figures.map(suspect.of).collect();
            let Some(trend) = Trend::of(&values) else { continue };
            let told = suspect.tell(part, &trend);
            let data = json!({ "values": values, "slope": trend.slope, "margin": trend.margin });
            cx.record("figures", told.clone(), data);
            judged += 1;
            match trend.growth(suspect.tolerated) {
                Growth::Certain => leaks.push(told.clone()),
                Growth::Unsure => unsure += 1,
                Growth::None => {}
            }
            if suspect.name == "memory" && trend.slope > steepest_by {
                steepest_by = trend.slope;
                steepest = told;
            }
        }
    }
    if judged == 0 {
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

impl Suspect {
    fn tell(&self, part: &Part, trend: &Trend) -> String {
        format!(
            "{} of {part} grows by {:.1} {} a round (95 % sure: {:.1} to {:.1}), tolerated {:.1}",
            self.name,
            trend.slope / self.scale,
            self.unit,
            trend.low() / self.scale,
            trend.high() / self.scale,
            self.tolerated / self.scale
        )
    }
}
