//! Texts of the outside world, made fit for files that people and programs read.

/// Without terminal escapes and without characters that XML 1.0 forbids.
pub fn clean(text: &str) -> String {
    console::strip_ansi_codes(text)
        .replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|c| is_legal(*c))
        .collect()
}

/// The same on one line of at most `most` characters.
pub fn clean_line(text: &str, most: usize) -> String {
    let text = clean(text);
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > most {
        line = line.chars().take(most.saturating_sub(1)).collect();
        line.push('…');
    }
    line
}

/// XML 1.0's `Char`, less the control characters that it only discourages.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}'
        | '\u{10000}'..)
}

/// `820ms`, `12.3s`, `2m15s`, `1h02m`.
pub fn span(ms: f64) -> String {
    let seconds = ms / 1000.0;
    if ms < 999.5 {
        format!("{ms:.0}ms")
    } else if seconds < 59.95 {
        format!("{seconds:.1}s")
    } else if seconds < 3599.5 {
        let whole = seconds.round() as u64;
        format!("{}m{:02}s", whole / 60, whole % 60)
    } else {
        let minutes = (seconds / 60.0).round() as u64;
        format!("{}h{:02}m", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_file_should_bear_is_taken_out() {
        assert_eq!(clean("a\u{0}b\u{1b}[31mred\u{1b}[0m\u{7}\u{ffff}c\r\nd\re"), "abredc\nd\ne");
        assert_eq!(clean_line("  one\n two\tthree ", 99), "one two three");
        assert_eq!(clean_line("abcdef", 4), "abc…");
        assert_eq!(clean("é🦀\u{fffd}"), "é🦀\u{fffd}");
    }

    #[test]
    fn spans_read_well() {
        for (ms, text) in [
            (0.4, "0ms"),
            (999.0, "999ms"),
            (1000.0, "1.0s"),
            (59_949.0, "59.9s"),
            (59_960.0, "1m00s"),
            (930_000.0, "15m30s"),
            (3_720_000.0, "1h02m"),
        ] {
            assert_eq!(span(ms), text);
        }
    }
}
