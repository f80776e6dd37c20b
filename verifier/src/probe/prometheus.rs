//! Prometheus' text format, read.

use std::collections::BTreeMap;

/// One line of an exposition.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Sample {
    /// Whether the series has all of these labels, whatever others it has.
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.labels.get(*name).is_some_and(|v| v == value))
    }
}

/// A text that is no exposition, by its line from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no sample: {problem}: {text:?}")]
pub struct ParseError {
    pub line: usize,
    pub problem: &'static str,
    pub text: String,
}

/// Reads the samples of an exposition; comments and types are passed over.
pub fn parse(text: &str) -> Result<Vec<Sample>, ParseError> {
    let mut samples = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        samples.push(sample(line).map_err(|problem| ParseError {
            line: number + 1,
            problem,
            text: line.to_owned(),
        })?);
    }
    Ok(samples)
}

/// The metrics' types by their `# TYPE` lines. A metric without one has none.
pub fn types(text: &str) -> BTreeMap<String, String> {
    let told = |line: &str| {
        let mut words = line.trim().strip_prefix("# TYPE ")?.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    text.lines().filter_map(told).collect()
}

fn sample(line: &str) -> Result<Sample, &'static str> {
    let ends = line.find(|c: char| c == '{' || c.is_whitespace()).ok_or("it has no value")?;
    let (name, rest) = line.split_at(ends);
    if !is_name(name) {
        return Err("its name is malformed");
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => read_labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let mut words = rest.split_whitespace();
    let value = words.next().and_then(number).ok_or("its value is no number")?;
    let timestamp = words.next().is_none_or(|word| word.parse::<i64>().is_ok());
    if !timestamp || words.next().is_some() {
        return Err("something follows its value");
    }
    Ok(Sample { name: name.to_owned(), labels, value })
}

/// Reads up to and past the closing brace.
fn read_labels(mut rest: &str) -> Result<(BTreeMap<String, String>, &str), &'static str> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix('}') {
            return Ok((labels, behind));
        }
        let (name, behind) = rest.split_once('=').ok_or("a label has no value")?;
        if !is_name(name.trim_end()) {
            return Err("a label's name is malformed");
        }
        let behind =
            behind.trim_start().strip_prefix('"').ok_or("a label's value is not quoted")?;
        let (value, behind) = read_quoted(behind)?;
        labels.insert(name.trim_end().to_owned(), value);
        rest = behind.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(behind) => behind,
            None if rest.starts_with('}') => rest,
            None => return Err("its labels are not separated"),
        };
    }
}

/// Reads up to and past the closing quote.
fn read_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('\\' | '"'))) => value.push(c),
                _ => return Err("a label's value has an unknown escape"),
            },
            c => value.push(c),
        }
    }
    Err("a label's value does not end")
}

fn number(word: &str) -> Option<f64> {
    match word {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        word => word.parse().ok(),
    }
}

fn is_name(name: &str) -> bool {
    let first = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b == b':';
    name.bytes().next().is_some_and(first) && name.bytes().all(|b| first(b) || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exposition_is_read() {
        let text = "# HELP x A counter\n# TYPE x counter\n\
            persys_http_requests_total{service=\"api-gateway\",route=\"/workloads/{id}\",status=\"200\"} 12\n\
            \n  up 1 1767225600000\n\
            le{le=\"+Inf\",} 3e2\nodd{ a = \"q\\\"b\\\\c\\nd\" , b=\"x,}\" } NaN\n";
        let samples = parse(text).unwrap();
        assert_eq!(samples.len(), 4);
        assert_eq!(samples[0].labels["route"], "/workloads/{id}");
        assert!(samples[0].has(&[("status", "200"), ("service", "api-gateway")]));
        assert!(!samples[0].has(&[("status", "500")]));
        assert_eq!((samples[1].name.as_str(), samples[1].value), ("up", 1.0));
        assert_eq!(samples[2].value, 300.0);
        assert_eq!(samples[3].labels["a"], "q\"b\\c\nd");
        assert_eq!(samples[3].labels["b"], "x,}");
        assert!(samples[3].value.is_nan());
    }

    #[test]
    fn types_are_read_where_they_are_told() {
        let text = "# HELP x TYPE y\n# TYPE x counter\nx 1\n# TYPE h histogram\n# TYPE z\n";
        let told: Vec<_> = types(text).into_iter().collect();
        let pair = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        assert_eq!(told, [pair("h", "histogram"), pair("x", "counter")]);
    }

    #[test]
    fn what_is_no_exposition_is_refused_with_its_line() {
        for (text, problem) in [
            ("up 1\n<html> 1", "its name is malformed"),
            ("up 1\nup", "it has no value"),
            ("up 1\nup x", "its value is no number"),
            ("up 1\nup 1 2 3", "something follows its value"),
            ("up 1\nup{a} 1", "a label has no value"),
            ("up 1\nup{a=b} 1", "a label's value is not quoted"),
            ("up 1\nup{a=\"b} 1", "a label's value does not end"),
            ("up 1\nup{a=\"b\" c=\"d\"} 1", "its labels are not separated"),
            ("up 1\nup{a=\"\\x\"} 1", "a label's value has an unknown escape"),
            ("up 1\nup{1=\"x\"} 1", "a label's name is malformed"),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!((error.line, error.problem), (2, problem), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn odd_texts_never_panic(text in "[a-z{}=\"\\\\, \n#0-9é]{0,60}") {
            let _ = parse(&text);
        }
    }
}
