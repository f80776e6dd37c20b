//! What every HTTP answer of the platform must keep to, whatever was asked
//! (contract, introduction and §3.1).

use persys_contract::{REQUEST_ID, SERVICE_NAME, is_acceptable_request_id};

use super::{Exchange, Secrets};

/// Traces that a crash or a debug page leaves in a body.
const TRACES: [&str; 7] = [
    "panicked at",
    "stack backtrace",
    "goroutine ",
    "runtime error:",
    "Traceback (most recent call last)",
    "\tat ",
    "RUST_BACKTRACE",
];

/// Folders of a machine that a client has no business to hear of.
const FOLDERS: [&str; 11] = [
    "/etc/", "/home/", "/nix/", "/opt/", "/proc/", "/root/", "/run/", "/srv/", "/tmp/", "/usr/",
    "/var/",
];

/// Which of the general properties an endpoint promises.
#[derive(Clone, Debug)]
pub struct Conformance {
    /// `X-Service-Name` is there, and bears this.
    pub service_name: bool,
    /// `X-Request-ID` is there, and is the caller's if it sent one that is acceptable.
    pub request_id: bool,
    /// Successful bodies are JSON.
    pub json: bool,
    /// Refusals have the contract's form.
    pub error_form: bool,
    /// The message of a refusal is the component's own, so no path is in it.
    /// What Docker says in a container's name is quoted as it is.
    pub own_words: bool,
}

impl Conformance {
    /// The mutual TLS listeners of gateway and scheduler.
    pub fn api(request_id: bool) -> Self {
        Self { service_name: true, request_id, json: true, error_form: true, own_words: true }
    }

    /// The agent, which answers with Docker's words.
    pub fn agent() -> Self {
        Self { service_name: false, own_words: false, ..Self::api(false) }
    }

    /// Plain listeners: health in JSON, metrics as text.
    pub fn plain() -> Self {
        Self { service_name: false, json: false, ..Self::api(false) }
    }

    /// Anything goes, as with a workload's own server.
    pub fn none() -> Self {
        Self {
            service_name: false,
            request_id: false,
            json: false,
            error_form: false,
            own_words: false,
        }
    }

    /// The properties that an answer breaks, each as a sentence. `sent` is the
    /// request's body: a refusal may quote it.
    pub fn violations(&self, exchange: &Exchange, sent: &[u8], secrets: &Secrets) -> Vec<String> {
        let mut broken = Vec::new();
        if self.service_name && exchange.header(SERVICE_NAME).is_none_or(str::is_empty) {
            broken.push("there is no X-Service-Name header (contract §3.1)".to_owned());
        }
        if self.request_id {
            broken.extend(request_id_violation(exchange));
        }
        let redirect = (300..400).contains(&exchange.status);
        if self.json && !exchange.body.is_empty() && !redirect {
            broken.extend(json_violation(exchange));
        }
        if self.error_form && exchange.status >= 400 {
            broken.extend(error_violations(exchange, sent, self.own_words));
        }
        let text = exchange.text();
        if self.error_form
            && let Some(trace) = TRACES.into_iter().find(|trace| text.contains(trace))
        {
            broken.push(format!("the body shows a stack trace ({:?})", trace.trim()));
        }
        for name in secrets.found_in(&text) {
            broken.push(format!("the body gives away the secret {name}"));
        }
        broken
    }
}

fn request_id_violation(exchange: &Exchange) -> Option<String> {
    let sent = exchange.request_id.as_deref();
    let Some(got) = exchange.header(REQUEST_ID) else {
        return Some("there is no X-Request-ID header (contract §3.1)".to_owned());
    };
    match sent {
        Some(sent) if is_acceptable_request_id(sent) && got != sent => {
            Some(format!("X-Request-ID is {got:?}, and {sent:?} was sent (contract §3.1)"))
        }
        _ if !is_acceptable_request_id(got) => {
            Some(format!("X-Request-ID is {got:?}, not 1 to 128 printable characters"))
        }
        _ => None,
    }
}

fn json_violation(exchange: &Exchange) -> Option<String> {
    let kind = exchange.header("content-type").unwrap_or_default();
    let is_json = kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
    if !is_json {
        return Some(format!("the content type is {kind:?}, not application/json"));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&exchange.body)
        .err()
        .map(|error| format!("the body is not JSON: {error}"))
}

fn error_violations(exchange: &Exchange, sent: &[u8], own_words: bool) -> Vec<String> {
    if exchange.method == reqwest::Method::HEAD {
        return Vec::new();
    }
    let Some(body) = exchange.error_body() else {
        return vec![r#"the body of a refusal is not {"error", "code"} (contract)"#.to_owned()];
    };
    let mut broken = Vec::new();
    let snake = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if body.code.is_empty() || !body.code.bytes().all(snake) {
        broken.push(format!("the code {:?} is not in snake_case", body.code));
    }
    if body.error.trim().is_empty() || body.error.trim().contains('\n') {
        broken.push(format!("the error {:?} is not one sentence", body.error));
    }
    if own_words
        && let Some(path) = path_in(&body.error)
        && !String::from_utf8_lossy(sent).contains(path)
        && !exchange.path.contains(path)
    {
        broken.push(format!("the error names the path {path}"));
    }
    broken
}

/// The first absolute path of a usual folder in a text.
fn path_in(text: &str) -> Option<&str> {
    let start = FOLDERS.iter().filter_map(|folder| text.find(folder)).min()?;
    let ends = |c: char| c.is_whitespace() || "\"'`,;:()".contains(c);
    let rest = &text[start..];
    Some(&rest[..rest.find(ends).unwrap_or(rest.len())])
}

#[cfg(test)]
#[path = "conformance_tests.rs"]
mod tests;
