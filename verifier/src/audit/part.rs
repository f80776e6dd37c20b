//! A share of the defects, for those who cannot judge all of them every time.

use std::str::FromStr;

/// Every `of`-th defect, from the `index`-th on, which counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    index: usize,
    of: usize,
}

impl Part {
    pub fn takes(self, position: usize) -> bool {
        position % self.of == self.index - 1
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| {
            Some((index.parse::<usize>().ok()?, of.parse::<usize>().ok()?))
        });
        match numbers {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err("write I/N, with I from 1 to N, such as 3/10".to_owned()),
        }
    }
}
