//! The command line of the verifier: what the user wrote, and what only the lab
//! knows.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::exit;
use crate::{paths, plan::Dns};

const EMBEDDED_DNS: &str = "DNS: embedded server instead of CoreDNS";

/// A command for the client machine.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifierCommand {
    pub words: Vec<String>,
    /// Absolute.
    pub results: PathBuf,
}

impl VerifierCommand {
    /// `chosen` and `fallback` are folders for results: the user's and the lab's.
    /// What the verifier itself is told goes before either.
    pub fn new(
        words: &[String],
        verifier: &Path,
        chosen: Option<&Path>,
        fallback: &Path,
        dns: Dns,
    ) -> Result<Self> {
        let mut words = words.to_vec();
        // `-- run …` is short for `-- persys-verifier run …`.
        if words.first().is_some_and(|word| runs(word)) {
            words.insert(0, verifier.to_string_lossy().into_owned());
        }
        let judges = verifier_command(&words).is_some();
        let told = if judges { value_of(&words, "--results") } else { None };
        let results = match (&told, chosen) {
            (Some(told), _) => Path::new(told),
            (None, Some(chosen)) => chosen,
            (None, None) => fallback,
        };
        let results =
            paths::real(results).with_context(|| format!("find {}", results.display()))?;
        if judges {
            if value_of(&words, "--topology").is_none() {
                words.extend(["--topology".to_owned(), paths::TOPOLOGY.to_owned()]);
            }
            if told.is_none() {
                let results = results.to_string_lossy().into_owned();
                words.extend(["--results".to_owned(), results]);
            }
            if dns == Dns::Embedded {
                words.extend(["--note".to_owned(), EMBEDDED_DNS.to_owned()]);
            }
        }
        Ok(Self { words, results })
    }
}

/// The command of the verifier that runs scenarios, if it is one, in full or in short.
pub fn verifier_command(words: &[String]) -> Option<&str> {
    let command = match words {
        [first, ..] if runs(first) => first,
        [program, command, ..] if runs(command) => {
            let name = Path::new(program).file_name();
            name.is_some_and(|name| name == "persys-verifier").then_some(command)?
        }
        _ => return None,
    };
    Some(command)
}

/// Has the verifier look at its own options before machines are brought up for them. Comes back
/// with its exit code if it refuses them.
pub fn refused(words: &[String], verifier: &Path, topology: &Path) -> Result<Option<u8>> {
    let Some(verb) = verifier_command(words) else { return Ok(None) };
    let options = words.iter().skip_while(|word| *word != verb).skip(1);
    let mut check = Command::new(verifier);
    check.arg(verb).args(options).arg("--check");
    if value_of(words, "--topology").is_none() {
        check.arg("--topology").arg(topology);
    }
    let status = check.status().with_context(|| format!("run {}", verifier.display()))?;
    Ok(match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(exit::DONE) => None,
        code => Some(code.unwrap_or(exit::LAB_FAILED)),
    })
}

fn runs(word: &str) -> bool {
    matches!(word, "run" | "stress" | "chaos")
}

/// The value of `--flag VALUE` or `--flag=VALUE`.
pub fn value_of(words: &[String], flag: &str) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == flag {
            return words.next().cloned();
        }
        if let Some(value) = word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str], chosen: Option<&str>, dns: Dns) -> VerifierCommand {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        let (verifier, fallback) = (Path::new("/bin/persys-verifier"), Path::new("/r/default"));
        VerifierCommand::new(&words, verifier, chosen.map(Path::new), fallback, dns).unwrap()
    }

    #[test]
    fn the_verifier_is_told_what_only_the_lab_knows() {
        let made = command(&["run", "--profile", "smoke"], Some("/r/mine"), Dns::Embedded);
        let expected = "/bin/persys-verifier run --profile smoke --topology \
                        /run/persys/topology.json --results /r/mine --note";
        assert_eq!(made.words[..9].join(" "), expected);
        assert_eq!(made.words[9], EMBEDDED_DNS);
    }

    #[test]
    fn stress_is_told_the_same() {
        let made = command(&["stress", "--count", "3"], Some("/r/mine"), Dns::Coredns);
        let expected = "/bin/persys-verifier stress --count 3 --topology \
                        /run/persys/topology.json --results /r/mine";
        assert_eq!(made.words.join(" "), expected);
    }

    #[test]
    fn chaos_is_told_the_same() {
        let made = command(&["chaos", "--seed", "7"], Some("/r/mine"), Dns::Coredns);
        let expected = "/bin/persys-verifier chaos --seed 7 --topology \
                        /run/persys/topology.json --results /r/mine";
        assert_eq!(made.words.join(" "), expected);
    }

    #[test]
    fn what_the_user_told_the_verifier_stays() {
        let made = command(&["persys-verifier", "run", "--results=/r/told"], None, Dns::Coredns);
        assert_eq!(made.results, Path::new("/r/told"));
        let results = made.words.iter().filter(|word| word.starts_with("--results")).count();
        assert_eq!(results, 1);
    }

    #[test]
    fn any_other_command_is_left_as_it_is() {
        let made = command(&["sh", "-c", "true"], None, Dns::Coredns);
        assert_eq!(made.words, ["sh", "-c", "true"]);
        assert_eq!(made.results, Path::new("/r/default"));
    }
}
