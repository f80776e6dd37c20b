//! The command that has the same again. Only the lab knows it: the verifier sees the client
//! machine, which is gone when somebody reads its digest.

use std::{env, ffi::OsString};

use super::verifier::verifier_command;

/// Where the verifier looks for it. Whoever runs the lab may have said it already.
pub const VARIABLE: &str = "PERSYS_REPRODUCE";

/// `target/release/persys-lab run --dns embedded -- run {options}`, where the verifier puts its
/// own options. `words` are the verifier's.
pub fn command(words: &[String]) -> String {
    if let Ok(said) = env::var(VARIABLE) {
        return said;
    }
    let program = env::args_os().next().unwrap_or_else(|| "persys-lab".into());
    shown(&program, &own_options(), verifier_command(words).unwrap_or("run"))
}

/// The options of this process that are not about one lab or one run alone.
pub fn own_options() -> Vec<OsString> {
    let words = env::args_os().skip(2).take_while(|word| word != "--");
    without(&["--labs", "--name", "--results"], words)
}

fn shown(program: &OsString, options: &[OsString], verb: &str) -> String {
    // What is run again is a step or a plan, and that many times once.
    let verb = if verb == "stress" { "run" } else { verb };
    let words: Vec<String> = [program.clone(), "run".into()]
        .iter()
        .chain(options)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or_default());
    format!("{} -- {verb} {{options}}", quoted.collect::<Vec<_>>().join(" "))
}

/// Leaves out each `--flag VALUE` and `--flag=VALUE`.
fn without(flags: &[&str], words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words = words;
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let name = text.split_once('=').map_or(&*text, |(name, _)| name);
        if !flags.contains(&name) {
            kept.push(word);
        } else if !text.contains('=') {
            let _value = words.next();
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_one_lab_is_left_out() {
        let words = ["--labs", "2", "--dns=embedded", "--name=x", "-v", "--results", "r"];
        let kept = without(&["--labs", "--name", "--results"], words.map(Into::into).into_iter());
        assert_eq!(kept, ["--dns=embedded", "-v"]);
    }

    #[test]
    fn it_can_be_typed() {
        let options = ["--env", "agent2/persys-agent:A=b c"].map(OsString::from);
        let told = shown(&"./persys-lab".into(), &options, "stress");
        assert_eq!(told, "./persys-lab run --env 'agent2/persys-agent:A=b c' -- run {options}");
        assert!(shown(&"x".into(), &[], "chaos").ends_with("-- chaos {options}"));
    }
}
