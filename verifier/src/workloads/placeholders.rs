//! What a workload file leaves to the topology: `{web}` and `{worker}`, the references of the
//! test images, and `{github}`, the address of the machine that stands for GitHub.

use persys_contract::topology::{MachineRole, TestImage, Topology};

/// The port that an address may leave out.
const HTTPS: u16 = 443;
/// What is offered to who mistyped one.
const KNOWN: &str = "write {web}, {worker} or {github}";

/// Why a text cannot be filled in: the problem, and the mend.
pub type Unfilled = (String, &'static str);

/// The text with every placeholder filled in. A brace that begins none is as it stands.
pub fn fill(text: &str, topology: &Topology) -> Result<String, Unfilled> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next(rest) {
        filled.push_str(before);
        filled.push_str(&value(name, topology)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The text before the first placeholder, its name, and the text after it. Compose's own
/// `${…}` is none.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(open, _)| {
        let (name, after) = text[open + 1..].split_once('}')?;
        let word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        let own = !text[..open].ends_with('$');
        (word && own).then_some((&text[..open], name, after))
    })
}

fn value(name: &str, topology: &Topology) -> Result<String, Unfilled> {
    if let Some(image) = TestImage::ALL.into_iter().find(|image| image.as_str() == name) {
        return Ok(topology.image(image).to_owned());
    }
    if name != "github" {
        return Err((format!("{{{name}}} is no placeholder"), KNOWN));
    }
    let Some((_, machine)) = topology.with_role(MachineRole::Github).next() else {
        let mend = "give the topology a machine with the role github";
        return Err(("{github} stands for a machine that the topology lacks".to_owned(), mend));
    };
    Ok(match topology.ports.github {
        HTTPS => format!("https://{}", machine.address),
        port => format!("https://{}:{port}", machine.address),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn topology() -> Topology {
        let text = include_str!("../../../topology.json");
        Topology::parse(Path::new("topology.json"), text).unwrap()
    }

    #[test]
    fn placeholders_are_filled_in_from_the_topology() {
        let mut topology = topology();
        let filled = |text: &str, topology: &Topology| fill(text, topology).unwrap();
        assert_eq!(filled("{web}", &topology), "persys-test/web:1");
        assert_eq!(
            filled("a {worker} {web}", &topology),
            "a persys-test/worker:1 persys-test/web:1"
        );
        assert_eq!(filled("{github}/a/b", &topology), "https://10.77.0.70/a/b");
        topology.ports.github = 8443;
        assert_eq!(filled("{github}/a/b", &topology), "https://10.77.0.70:8443/a/b");
        for plain in ["nginx:alpine", "${WEB}", "{}", "{ web }", "a } b {", "ü{"] {
            assert_eq!(filled(plain, &topology), plain);
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_told_with_the_mend() {
        let mut topology = topology();
        let (problem, mend) = fill("x{wbe}", &topology).unwrap_err();
        assert_eq!((problem.as_str(), mend), ("{wbe} is no placeholder", KNOWN));
        topology.machines.retain(|_, machine| !machine.has(MachineRole::Github));
        let (problem, mend) = fill("{github}/a", &topology).unwrap_err();
        assert!(problem.contains("{github}") && mend.contains("the role github"), "{problem}");
    }
}
