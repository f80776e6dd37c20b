//! The headers every response carries (contract §3.1).

/// Names the component that answered.
pub const SERVICE_NAME: &str = "x-service-name";

/// Ties one request to its log lines on every hop.
pub const REQUEST_ID: &str = "x-request-id";

/// The longest request id, in characters, that is taken over from a caller.
pub const REQUEST_ID_MAX: usize = 128;

/// Whether a caller's request id is taken over: printable ASCII, 1 to 128 characters.
pub fn is_acceptable_request_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= REQUEST_ID_MAX && id.bytes().all(|b| (0x20..0x7f).contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_over_up_to_128_printable_characters() {
        assert!(is_acceptable_request_id(&"x".repeat(128)));
        assert!(!is_acceptable_request_id(&"x".repeat(129)));
        assert!(!is_acceptable_request_id(""));
        assert!(!is_acceptable_request_id("a\nb"));
        assert!(!is_acceptable_request_id("münchen"));
    }
}
