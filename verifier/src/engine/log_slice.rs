//! The part of logs that belongs to a span of time.

use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{events::LogSlice, evidence::LogName};

/// Bytes of all slices of one step together.
const SLICES_MAX: usize = 64 * 1024;
/// The machines' clocks may differ by this much.
const SKEW: Duration = Duration::seconds(1);
/// A timestamp stands near the beginning of its line.
const SEARCHED: usize = 300;

/// Cuts the lines since a moment out of each log, the latest ones if there are
/// too many. `logs` are the name, the text and how much of it was lost before.
pub(super) fn slices(logs: &[(&LogName, &str, u64)], since: OffsetDateTime) -> Vec<LogSlice> {
    let since = since - SKEW;
    let mut cuts: Vec<(&LogName, &str, u64)> = logs
        .iter()
        .map(|(name, text, lost)| (*name, since_moment(text, since), *lost))
        .filter(|(_, text, _)| !text.trim().is_empty())
        .collect();
    // The short ones first: what they do not use is left to the long ones.
    cuts.sort_by_key(|(_, text, _)| text.len());
    let mut room = SLICES_MAX;
    let mut left = cuts.len();
    let mut slices: Vec<LogSlice> = cuts
        .into_iter()
        .map(|(name, text, lost)| {
            let share = room / left;
            let kept = last_lines(text, share);
            left -= 1;
            room -= kept.len();
            LogSlice {
                machine: name.machine.clone(),
                component: name.component.clone(),
                text: kept.to_owned(),
                omitted_bytes: lost + (text.len() - kept.len()) as u64,
                older: false,
            }
        })
        .collect();
    slices.sort_by(|a, b| (&a.machine, &a.component).cmp(&(&b.machine, &b.component)));
    slices
}

/// From the first line on that is not older. Lines without a time are as old as
/// the line before them; a log without any times is taken whole.
fn since_moment(text: &str, since: OffsetDateTime) -> &str {
    let mut offset = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        offset += line.len();
        if moment(line).is_some_and(|moment| moment < since) {
            start = offset;
            // Lines that follow without a time are as old as this one.
        }
    }
    let rest = &text[start..];
    let continued: usize = match start {
        0 => 0,
        _ => {
            rest.split_inclusive('\n').take_while(|line| moment(line).is_none()).map(str::len).sum()
        }
    };
    &rest[continued..]
}

/// The first RFC 3339 timestamp near the beginning of a line.
fn moment(line: &str) -> Option<OffsetDateTime> {
    let head = &line[..line.floor_char_boundary(SEARCHED)];
    let bytes = head.as_bytes();
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let fits = |at: usize| {
        shape.iter().zip(&bytes[at..]).all(|(shape, b)| match shape {
            b'd' => b.is_ascii_digit(),
            other => other == b,
        })
    };
    let at = (0..=bytes.len().checked_sub(shape.len())?).find(|&at| fits(at))?;
    let mut end = at + shape.len();
    let rest = &bytes[end..];
    let digits = |from: &[u8]| from.iter().take_while(|b| b.is_ascii_digit()).count();
    if rest.first() == Some(&b'.') {
        end += 1 + digits(&rest[1..]);
    }
    let text = &head[at..end];
    let zone = &head[end..];
    let zone = if zone.starts_with(['+', '-']) && zone.len() >= 5 {
        // Both +0200 and +02:00 are written.
        let zone: String = zone.chars().filter(|c| *c != ':').take(5).collect();
        // What follows need not be a zone, nor end where a character does.
        format!("{}:{}", zone.get(..3)?, zone.get(3..5)?)
    } else {
        "Z".to_owned()
    };
    OffsetDateTime::parse(&format!("{text}{zone}"), &Rfc3339).ok()
}

/// Whole lines from the end, or the end of the last line if it is longer.
pub(super) fn last_lines(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let from = text.ceil_char_boundary(text.len() - most);
    match text[from..].find('\n') {
        Some(end) if from + end + 1 < text.len() => &text[from + end + 1..],
        _ => &text[from..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::parse_timestamp;

    fn name(component: &str) -> LogName {
        LogName { machine: "prow1".into(), component: component.into() }
    }

    fn at(text: &str) -> OffsetDateTime {
        parse_timestamp(text).unwrap()
    }

    #[test]
    fn timestamps_of_all_components_are_read() {
        for line in [
            r#"{"ts":"2026-01-02T03:04:05.5Z","level":"info"}"#,
            r#"{"level":"info","ts":"2026-01-02T05:04:05.500+0200","caller":"etcd"}"#,
            r#"time="2026-01-02T04:04:05.500000000+01:00" level=info msg="dockerd""#,
        ] {
            assert_eq!(moment(line), Some(at("2026-01-02T03:04:05.5Z")), "{line}");
        }
        assert_eq!(moment("[INFO] plugin/etcd: ready"), None);
        assert_eq!(moment("2026-01-02T03:04:05"), Some(at("2026-01-02T03:04:05Z")));
        assert_eq!(moment("2026"), None);
        assert_eq!(moment("2026-01-02T03:04:05-…oops"), None);
        assert_eq!(moment("héé 2026-99-99T03:04:05Z"), None);
    }

    proptest::proptest! {
        /// Components may echo what users send.
        #[test]
        fn any_line_is_read(before in ".{0,8}", after in "[-+]?.{0,12}") {
            let _ = moment(&format!("{before}2026-01-02T03:04:05{after}"));
        }
    }

    #[test]
    fn older_lines_and_what_belongs_to_them_are_left_out() {
        let text = "2026-01-02T03:00:00Z old\n  its trace\n2026-01-02T03:10:00Z new\n  more\n";
        let cut = since_moment(text, at("2026-01-02T03:05:00Z"));
        assert_eq!(cut, "2026-01-02T03:10:00Z new\n  more\n");
        assert_eq!(since_moment("no\ntimes\n", at("2026-01-02T03:05:00Z")), "no\ntimes\n");
    }

    #[test]
    fn slices_stay_within_bounds_and_tell_what_is_missing() {
        let long = "x".repeat(99) + "\n";
        let long = long.repeat(2000);
        let (a, b) = (name("a"), name("b"));
        let slices = slices(&[(&b, &long, 7), (&a, "short\n", 0)], at("2026-01-02T03:05:00Z"));
        assert_eq!(slices[0].text, "short\n");
        assert_eq!(slices[0].omitted_bytes, 0);
        assert!(slices[1].text.len() <= SLICES_MAX && slices[1].text.len() > SLICES_MAX - 200);
        assert!(slices[1].text.starts_with('x') && slices[1].text.len().is_multiple_of(100));
        assert_eq!(slices[1].omitted_bytes, 7 + (long.len() - slices[1].text.len()) as u64);
    }

    #[test]
    fn one_endless_line_is_cut() {
        assert_eq!(last_lines("abcdefgh\n", 4), "fgh\n");
        assert_eq!(last_lines("ab\ncd\n", 4), "cd\n");
    }
}
