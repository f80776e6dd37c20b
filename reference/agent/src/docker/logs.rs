//! The end of a container's output.

use bollard::query_parameters::LogsOptionsBuilder;
use futures::{StreamExt, TryStreamExt};

use super::{DockerFault, Engine};

/// How much of a container's output is handed out, in bytes (contract §2, `logs`).
pub const LOG_BYTES: usize = 64 * 1024;

/// How many lines are asked for first; enough unless they are very short.
const FEW_LINES: usize = 1000;

impl Engine {
    /// The last 64 KiB of what a container wrote to stdout and stderr, in order.
    pub async fn logs(&self, container: &str) -> Result<String, DockerFault> {
        let tail = self.last_lines(container, FEW_LINES).await?;
        if tail.lines < FEW_LINES || tail.truncated {
            return Ok(tail.into_text());
        }
        // A line is a byte at least, so this many lines hold all that may be handed out.
        Ok(self.last_lines(container, LOG_BYTES).await?.into_text())
    }

    async fn last_lines(&self, container: &str, lines: usize) -> Result<Tail, DockerFault> {
        let docker = self.client()?;
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail(&lines.to_string())
            .build();
        let stream = docker.logs(container, Some(options)).map(|part| part.map(|p| p.into_bytes()));
        self.read(stream.try_fold(Tail::default(), |mut tail, part| async move {
            tail.push(&part);
            Ok(tail)
        }))
        .await
    }
}

/// The last [`LOG_BYTES`] of what was pushed.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    lines: usize,
    truncated: bool,
}

impl Tail {
    fn push(&mut self, part: &[u8]) {
        self.lines += part.iter().filter(|&&b| b == b'\n').count();
        self.bytes.extend_from_slice(part);
        // Cut seldom, so that a long log is not moved with each of its lines.
        if self.bytes.len() > 4 * LOG_BYTES {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let excess = self.bytes.len().saturating_sub(LOG_BYTES);
        if excess > 0 {
            self.bytes.drain(..excess);
            self.truncated = true;
        }
    }

    fn into_text(mut self) -> String {
        self.cut();
        // A character that the cut went through is dropped, not replaced.
        let broken = self.bytes.iter().take(3).take_while(|&&b| b & 0xc0 == 0x80).count();
        let start = if self.truncated { broken } else { 0 };
        let text = String::from_utf8_lossy(&self.bytes[start..]);
        // Replacing what is no UTF-8 makes text longer than its bytes.
        let mut from = text.len().saturating_sub(LOG_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        text[from..].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(parts: &[&[u8]]) -> Tail {
        let mut tail = Tail::default();
        for part in parts {
            tail.push(part);
        }
        tail
    }

    #[test]
    fn a_short_log_is_kept_whole() {
        let tail = tail(&[b"one\n", b"two\n"]);
        assert_eq!(tail.lines, 2);
        assert_eq!(tail.into_text(), "one\ntwo\n");
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let part = vec![b'x'; 10_000];
        let mut parts: Vec<&[u8]> = vec![&part; 100];
        parts.push(b"the end");
        let text = tail(&parts).into_text();
        assert_eq!(text.len(), LOG_BYTES);
        assert!(text.ends_with("xthe end"));
    }

    #[test]
    fn no_character_is_cut_in_two() {
        let text = tail(&["ü".repeat(LOG_BYTES).as_bytes(), b"."]).into_text();
        assert!(text.len() <= LOG_BYTES && text.starts_with('ü') && text.ends_with("ü."));
    }

    #[test]
    fn bytes_that_are_no_text_stay_within_the_limit() {
        let text = tail(&[&vec![0xff; LOG_BYTES]]).into_text();
        assert!(text.len() <= LOG_BYTES);
    }
}
