//! One text of the logs of all of a workload's containers.

use crate::compose::SERVICE_LABEL;
use crate::docker::{Container, LOG_BYTES};

/// The label with a container's number among those of its service.
const NUMBER_LABEL: &str = "com.docker.compose.container-number";

/// Puts what containers wrote one after the other; each line of a project's bears its
/// service's name. Each container has an equal share of the 64 KiB, so that a talkative one
/// leaves room for the others.
pub fn joined(parts: Vec<(Container, String)>) -> String {
    let share = LOG_BYTES / parts.len().max(1);
    let mut joined = String::new();
    for (container, logs) in &parts {
        let logs = match prefix(container) {
            Some(prefix) => prefixed(logs, &prefix),
            None => logs.clone(),
        };
        joined.push_str(end(&logs, share));
    }
    joined
}

/// As docker-compose itself shows it: `web_1  | `.
fn prefix(container: &Container) -> Option<String> {
    let service = container.labels.get(SERVICE_LABEL)?;
    let number = container.labels.get(NUMBER_LABEL).map_or("1", String::as_str);
    Some(format!("{service}_{number}  | "))
}

fn prefixed(logs: &str, prefix: &str) -> String {
    let lines = logs.lines().map(|line| format!("{prefix}{line}\n"));
    lines.collect()
}

/// The last so many bytes, from the beginning of a line on if something is cut.
fn end(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut from = text.len() - bytes;
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let cut = &text[from..];
    match cut.find('\n') {
        Some(line) if line + 1 < cut.len() => &cut[line + 1..],
        _ => cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(service: Option<&str>) -> Container {
        let label = |service: &str| (SERVICE_LABEL.to_owned(), service.to_owned());
        Container { labels: service.map(label).into_iter().collect(), ..Container::default() }
    }

    #[test]
    fn a_single_container_s_logs_are_told_as_they_are() {
        let logs = "x".repeat(LOG_BYTES);
        assert_eq!(joined(vec![(container(None), logs.clone())]), logs);
        assert_eq!(joined(Vec::new()), "");
    }

    #[test]
    fn a_project_s_lines_bear_their_service_s_name() {
        let parts = [("db", "up"), ("web", "one\ntwo\n")];
        let parts = parts.map(|(service, logs)| (container(Some(service)), logs.to_owned()));
        assert_eq!(joined(parts.into()), "db_1  | up\nweb_1  | one\nweb_1  | two\n");
    }

    #[test]
    fn a_talkative_container_leaves_room_for_the_others() {
        let chatter = "chatter\n".repeat(20_000);
        let parts = vec![
            (container(Some("quiet")), "the word\n".to_owned()),
            (container(Some("loud")), chatter),
        ];
        let text = joined(parts);
        assert!(text.len() <= LOG_BYTES && text.starts_with("quiet_1  | the word\nloud_1  | "));
        assert!(text.ends_with("loud_1  | chatter\n"));
    }
}
