//! The command that runs one step of a run again, or a plan of `chaos`.

use super::{
    arguments::{Run, Setting},
    calibrate::TimeoutScale,
};

/// What stands for the options in a command that the user or a lab gave.
const OPTIONS: &str = "{options}";

/// `{step}` stands for the step's name.
pub fn command(arguments: &Run, seed: u64) -> String {
    let mut options = vec!["--seed".to_owned(), seed.to_string()];
    if let Some(folder) = &arguments.host_channel {
        options.extend(["--host-channel".to_owned(), folder.display().to_string()]);
    }
    // It is no word of a shell yet, and its value needs no quotes.
    in_setting("run", &options, " --only {step}", &arguments.setting)
}

/// `options` name the plan: by its seed, or by its file.
pub fn chaos_command(setting: &Setting, options: &[String]) -> String {
    in_setting("chaos", options, "", setting)
}

/// The same place, at the same pace, with the same client and credentials.
fn in_setting(verb: &str, options: &[String], end: &str, setting: &Setting) -> String {
    let mut words = options.to_vec();
    if setting.timeout_scale != TimeoutScale::Fixed(1.0) {
        words.extend(["--timeout-scale".to_owned(), setting.timeout_scale.to_string()]);
    }
    if let Some(folder) = &setting.credentials {
        words.extend(["--credentials".to_owned(), folder.display().to_string()]);
    }
    if let Some(command) = &setting.reproduce {
        return command.replace(OPTIONS, &(quoted(&words) + end));
    }
    if setting.cli.as_os_str() != Setting::CLI {
        words.extend(["--cli".to_owned(), setting.cli.display().to_string()]);
    }
    let topology = setting.topology.display().to_string();
    let begin = ["persys-verifier", verb, "--topology", &topology].map(str::to_owned);
    quoted(&[begin.to_vec(), words].concat()) + end
}

fn quoted(words: &[String]) -> String {
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or_default());
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};

    /// A command line with what the environment cannot change.
    fn run(words: &[&str]) -> Run {
        let line = ["persys-verifier", "run", "--topology", "t.json"].iter().chain(words);
        let Command::Run(run) = Arguments::try_parse_from(line).unwrap().command else {
            panic!("no run")
        };
        *run
    }

    #[test]
    fn what_is_shown_can_be_typed_and_means_the_same() {
        let options = ["--credentials", "/a b", "--cli", "/own/cli", "--timeout-scale", "2"];
        let told = command(&run(&options), 7).replace("{step}", "basic-workflow/clean-up");
        let words = shlex::split(&told).unwrap();
        let Command::Run(again) = Arguments::try_parse_from(words).unwrap().command else {
            panic!()
        };
        assert_eq!(again.seed, Some(7));
        assert_eq!(again.setting.credentials.as_deref(), Some("/a b".as_ref()));
        assert_eq!(again.setting.cli, std::path::Path::new("/own/cli"));
        assert_eq!(again.setting.timeout_scale, TimeoutScale::Fixed(2.0));
        assert_eq!(again.selection.only.len(), 1);
    }

    #[test]
    fn whoever_starts_the_verifier_says_how() {
        let by_make = ["--reproduce", "make e2e ARGS=\"{options}\""];
        assert_eq!(command(&run(&by_make), 7), "make e2e ARGS=\"--seed 7 --only {step}\"");
        let setting =
            Setting { reproduce: Some("lab -- chaos {options}".into()), ..Setting::default() };
        let setting = Setting { timeout_scale: TimeoutScale::Fixed(1.0), ..setting };
        let options = ["--plan", "a b.json"].map(str::to_owned);
        assert_eq!(chaos_command(&setting, &options), "lab -- chaos --plan 'a b.json'");
    }
}
