//! Reads the strategy by its own headings and lists, so that no line of it is forgotten.

use serde_json::Value;

use super::Line;

/// What the lines that follow a heading are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Elsewhere,
    Objectives,
    Scenario(u32),
    Steps(u32),
    Results(u32),
    Workloads,
    Sketches,
    Metrics,
    Report,
    Criteria(String),
}

#[derive(Default)]
struct Reader {
    lines: Vec<Line>,
    heading: String,
    /// How many lines of the list there were.
    count: u32,
}

/// Every line that asks for something, in the strategy's order.
pub fn lines(strategy: &str) -> Vec<Line> {
    let (mut reader, mut place) = (Reader::default(), Place::Elsewhere);
    let mut fenced: Option<String> = None;
    for text in strategy.lines() {
        if text.starts_with("```") {
            if let Some(block) = fenced.take() {
                reader.block(&place, &block);
            } else {
                fenced = Some(String::new());
            }
        } else if let Some(block) = &mut fenced {
            block.push_str(text);
            block.push('\n');
        } else if text.starts_with('#') {
            place = reader.headed(text);
        } else {
            place = reader.plain(place, text.trim());
        }
    }
    reader.lines
}

impl Reader {
    fn headed(&mut self, text: &str) -> Place {
        let title = text.trim_start_matches('#').trim();
        let title = title.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        self.heading = title.replace('*', "");
        self.count = 0;
        let level = text.len() - text.trim_start_matches('#').len();
        if let Some((number, _)) = title.split_once(". **") {
            return number.parse().map_or(Place::Elsewhere, Place::Scenario);
        }
        match (level, self.heading.as_str()) {
            (2, "Testing Objectives") => Place::Objectives,
            (3, "Test Workloads") => Place::Workloads,
            (3, "Test Scenarios") => Place::Sketches,
            (3, "Key Metrics") => Place::Metrics,
            (3, "Test Reports") => Place::Report,
            (3, heading) => match heading.strip_suffix(" Criteria") {
                Some(kind) => Place::Criteria(kind.to_lowercase()),
                None => Place::Elsewhere,
            },
            _ => Place::Elsewhere,
        }
    }

    fn plain(&mut self, place: Place, text: &str) -> Place {
        if let Place::Scenario(n) | Place::Steps(n) | Place::Results(n) = place {
            self.count = if text.starts_with("**") { 0 } else { self.count };
            if let Some(objective) = text.strip_prefix("**Objective**:") {
                self.push(format!("§{n} objective"), objective);
                return place;
            }
            match text {
                "**Steps**:" => return Place::Steps(n),
                "**Expected Results**:" => return Place::Results(n),
                _ => {}
            }
        }
        let Some(item) = item(text) else { return place };
        self.count += 1;
        let count = self.count;
        match &place {
            Place::Elsewhere | Place::Workloads | Place::Sketches | Place::Report => {}
            // A list that nobody has announced must not get lost either.
            Place::Scenario(n) => self.push(format!("§{n} line {count}"), item),
            Place::Objectives => self.push(format!("objective {count}"), item),
            Place::Steps(n) => self.push(format!("§{n} step {count}"), item),
            Place::Results(n) => self.push(format!("§{n} result {count}"), item),
            Place::Metrics => self.push(format!("metric {count}"), item),
            Place::Criteria(kind) => self.push(format!("criterion {kind} {count}"), item),
        }
        place
    }

    fn block(&mut self, place: &Place, text: &str) {
        match place {
            Place::Workloads => {
                let document = yaml(text);
                for workload in document["workloads"].as_array().into_iter().flatten() {
                    let name = workload["name"].as_str().unwrap_or_default();
                    let kind = workload["type"].as_str().unwrap_or_default();
                    self.push(format!("data {name}"), &format!("{name} ({kind})"));
                }
            }
            Place::Sketches => {
                let document = yaml(text);
                for (scenario, sketch) in document["scenarios"].as_object().into_iter().flatten() {
                    for step in sketch["steps"].as_array().into_iter().flatten() {
                        let step = step.as_str().unwrap_or_default();
                        self.push(
                            format!("sketch {scenario}/{step}"),
                            &format!("{scenario}: {step}"),
                        );
                    }
                }
            }
            Place::Report => {
                let document: Value = serde_json::from_str(text).unwrap_or_default();
                self.fields("", &document);
            }
            _ => {}
        }
    }

    fn fields(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let dot = if path.is_empty() { "" } else { "." };
                    self.fields(&format!("{path}{dot}{name}"), value);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.fields(path, value)),
            _ => self.push(format!("report {path}"), path),
        }
    }

    fn push(&mut self, key: String, text: &str) {
        let text = text.trim().trim_start_matches('✅').trim().replace("**", "");
        self.lines.push(Line { key, heading: self.heading.clone(), text });
    }
}

/// The text of a list's line.
fn item(text: &str) -> Option<&str> {
    if let Some(item) = text.strip_prefix("- ") {
        return Some(item);
    }
    let (number, item) = text.split_once(". ")?;
    number.parse::<u32>().ok().map(|_| item)
}

/// A block that cannot be read has no lines; the tests know how many there must be.
fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_is_read() {
        let text = "\
## 🎯 Testing Objectives

1. **All**: together

### 2. **Flow Test**
**Objective**: Verify the flow

**Steps**:
1. Do it
2. Do it again

**Expected Results**:
- It is done

### Test Workloads
```yaml
workloads:
  - name: \"app\"
    type: \"docker-compose\"
```
### Test Scenarios
```yaml
scenarios:
  flow:
    steps:
      - go
```
### Key Metrics
- **Speed**: how fast
### Test Reports
```json
{\"run\": {\"id\": 1, \"all\": [{\"name\": \"x\"}]}}
```
### Performance Criteria
- ✅ Fast < 5 seconds
## 📝 Next Steps
1. **Choose**: well
";
        let lines = lines(text);
        let read: Vec<_> = lines.iter().map(|l| (l.key.as_str(), l.text.as_str())).collect();
        assert_eq!(
            read,
            [
                ("objective 1", "All: together"),
                ("§2 objective", "Verify the flow"),
                ("§2 step 1", "Do it"),
                ("§2 step 2", "Do it again"),
                ("§2 result 1", "It is done"),
                ("data app", "app (docker-compose)"),
                ("sketch flow/go", "flow: go"),
                ("metric 1", "Speed: how fast"),
                ("report run.all.name", "run.all.name"),
                ("report run.id", "run.id"),
                ("criterion performance 1", "Fast < 5 seconds"),
            ]
        );
        assert_eq!(lines[1].heading, "2. Flow Test");
        assert!(lines[10].is_about("fast <5 seconds"));
    }
}
