//! What happened in a step, line by line, within bounds.

use std::collections::VecDeque;

/// Lines kept from the beginning and from the end.
const KEPT: usize = 100;
/// Characters of a line.
const LINE_MAX: usize = 1000;

#[derive(Clone, Debug, Default)]
pub struct Story {
    head: Vec<String>,
    tail: VecDeque<String>,
    left_out: usize,
}

impl Story {
    /// Adds a line, `ms` after the start of the step.
    pub fn tell(&mut self, ms: f64, what: &str, text: &str) {
        let text: String = text.lines().next().unwrap_or_default().chars().take(LINE_MAX).collect();
        let line = format!("{:>8.3}s {what:<8} {text}", ms / 1000.0);
        if self.head.len() < KEPT {
            self.head.push(line);
            return;
        }
        self.tail.push_back(line);
        if self.tail.len() > KEPT {
            self.tail.pop_front();
            self.left_out += 1;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    pub fn lines(&self) -> impl Iterator<Item = String> {
        let gap = (self.left_out > 0)
            .then(|| format!("  … {} more lines in events.jsonl …", self.left_out));
        self.head.iter().cloned().chain(gap).chain(self.tail.iter().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_long_story_is_left_out() {
        let mut story = Story::default();
        for n in 0..250 {
            story.tell(f64::from(n), "http", &format!("line {n}\nmore"));
        }
        let lines: Vec<String> = story.lines().collect();
        assert_eq!(lines.len(), 201);
        assert_eq!(lines[0], "   0.000s http     line 0");
        assert_eq!(lines[100], "  … 50 more lines in events.jsonl …");
        assert_eq!(lines[200], "   0.249s http     line 249");
    }
}
