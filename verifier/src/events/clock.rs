//! Timestamps as the event file writes them.

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// RFC 3339 in UTC, always with six digits of a second.
pub fn timestamp(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond()
    )
}

pub fn parse_timestamp(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_survives_a_round_trip() {
        let text = "2026-01-02T03:04:05.000678Z";
        assert_eq!(timestamp(parse_timestamp(text).unwrap()), text);
        let east = parse_timestamp("2026-01-02T03:04:05+02:00").unwrap();
        assert_eq!(timestamp(east), "2026-01-02T01:04:05.000000Z");
        assert_eq!(parse_timestamp("yesterday"), None);
    }
}
