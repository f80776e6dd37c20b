//! What each component took over time: memory, descriptors, processor.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chart::{BOTTOM, HEIGHT, Line, x};
use crate::report::{RunSummary, plain_text::span, timeline::Usage};

#[derive(Debug, Serialize)]
pub struct Curves {
    pub title: &'static str,
    /// From the first look to the last.
    pub when: String,
    pub lines: Vec<Line>,
    pub curves: Vec<Curve>,
}

#[derive(Debug, Serialize)]
pub struct Curve {
    pub name: String,
    /// `x,y x,y …`
    pub points: String,
    /// Which of the colours.
    pub colour: usize,
    pub first: String,
    pub last: String,
    pub most: String,
}

struct Figure {
    title: &'static str,
    text: fn(f64) -> String,
    /// From one look and the one before.
    value: fn(&Usage, Option<&Usage>) -> Option<f64>,
}

const FIGURES: [Figure; 3] = [
    Figure {
        title: "Resident memory",
        text: |value| format!("{:.1} MiB", value / f64::from(1 << 20)),
        value: |usage, _| Some(usage.rss_bytes),
    },
    Figure {
        title: "Open descriptors",
        text: |value| format!("{value:.0}"),
        value: |usage, _| Some(usage.open_fds),
    },
    Figure {
        title: "Processor, in cores",
        text: |value| format!("{value:.2}"),
        value: |usage, before| {
            let before = before?;
            let seconds = (usage.at - before.at) / 1000.0;
            let spent = usage.cpu_seconds - before.cpu_seconds;
            // A component that was started anew begins at nought.
            (seconds > 0.0 && spent >= 0.0).then(|| spent / seconds)
        },
    },
];

const COLOURS: usize = 8;

impl Curves {
    /// One picture a figure; none of a figure that was seen once at most.
    pub fn of(run: &RunSummary) -> Vec<Self> {
        let mut by_part: BTreeMap<String, Vec<&Usage>> = BTreeMap::new();
        for usage in &run.timeline.usage {
            let name = format!("{} on {}", usage.component, usage.machine);
            by_part.entry(name).or_default().push(usage);
        }
        let times = run.timeline.usage.iter().map(|usage| usage.at);
        let from = times.clone().fold(f64::INFINITY, f64::min);
        let window = Window { from, to: times.fold(from, f64::max) };
        FIGURES.iter().filter_map(|figure| picture(figure, &by_part, &window)).collect()
    }
}

/// The time in which anything was looked at, which is a part of the run.
struct Window {
    from: f64,
    to: f64,
}

impl Window {
    fn x(&self, at: f64) -> f64 {
        x(at - self.from, self.to - self.from)
    }
}

fn picture(
    figure: &Figure,
    by_part: &BTreeMap<String, Vec<&Usage>>,
    window: &Window,
) -> Option<Curves> {
    let series: Vec<(&String, Vec<(f64, f64)>)> = by_part
        .iter()
        .map(|(name, looks)| (name, values(figure, looks)))
        .filter(|(_, values)| values.len() > 1)
        .collect();
    let most = series.iter().flat_map(|(_, values)| values).map(|(_, value)| *value);
    let most = most.fold(0.0, f64::max);
    if series.is_empty() || most <= 0.0 {
        return None;
    }
    let y = |value: f64| ((HEIGHT - BOTTOM) * (1.0 - value / most) * 10.0).round() / 10.0;
    let curves = series.iter().enumerate().map(|(n, (name, values))| {
        let points = values.iter().map(|(at, value)| format!("{},{}", window.x(*at), y(*value)));
        let peak = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let end = |value: Option<&(f64, f64)>| value.map(|(_, value)| (figure.text)(*value));
        Curve {
            name: (*name).clone(),
            points: points.collect::<Vec<_>>().join(" "),
            colour: n % COLOURS,
            first: end(values.first()).unwrap_or_default(),
            last: end(values.last()).unwrap_or_default(),
            most: (figure.text)(peak),
        }
    });
    let lines = [0.0, 0.5, 1.0].map(|share| most * share);
    Some(Curves {
        title: figure.title,
        when: format!("from {} to {}", span(window.from), span(window.to)),
        lines: lines.map(|value| Line { at: y(value), text: (figure.text)(value) }).into(),
        curves: curves.collect(),
    })
}

fn values(figure: &Figure, looks: &[&Usage]) -> Vec<(f64, f64)> {
    let before = std::iter::once(None).chain(looks.iter().map(|look| Some(*look)));
    let both = looks.iter().zip(before);
    both.filter_map(|(look, before)| Some((look.at, (figure.value)(look, before)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_a_rate_between_looks() {
        let look = |at: f64, cpu_seconds: f64| Usage {
            at,
            machine: "prow1".into(),
            component: "prow-scheduler".into(),
            rss_bytes: 1e6,
            open_fds: 10.0,
            cpu_seconds,
        };
        let mut run = RunSummary { last_ms: 4000.0, ..RunSummary::default() };
        run.timeline.usage = vec![look(0.0, 5.0), look(2000.0, 6.0), look(3000.0, 0.1)];
        let pictures = Curves::of(&run);
        let titles: Vec<_> = pictures.iter().map(|picture| picture.title).collect();
        // The third look is of a new process, so one rate is left, which is no curve.
        assert_eq!(titles, ["Resident memory", "Open descriptors"]);
        run.timeline.usage.push(look(4000.0, 0.6));
        let pictures = Curves::of(&run);
        assert_eq!(pictures[2].curves[0].first, "0.50");
        assert_eq!(pictures[2].curves[0].most, "0.50");
        // The run went on for longer than anybody looked.
        run.last_ms = 40_000.0;
        let memory = &Curves::of(&run)[0];
        assert_eq!(memory.when, "from 0ms to 4.0s");
        assert!(memory.curves[0].points.ends_with("960,0"), "{}", memory.curves[0].points);
    }
}
