//! The command that runs one step of a run again, or a plan of `chaos`.

use super::{
    arguments::{Chaos, Run, Setting},
    calibrate::TimeoutScale,
};

/// `{step}` stands for the step's name.
pub fn command(arguments: &Run, seed: u64) -> String {
    if let Some(command) = &arguments.reproduce {
        return command.clone();
    }
    let options = ["--seed".to_owned(), seed.to_string()];
    format!("{} --only {{step}}", in_setting("run", &options, &arguments.setting))
}

/// `options` name the plan: by its seed, or by its file.
pub fn chaos_command(arguments: &Chaos, options: &[String]) -> String {
    match &arguments.reproduce {
        Some(command) => command.replace("{chaos}", &quoted(options)),
        None => in_setting("chaos", options, &arguments.setting),
    }
}

/// The same place, at the same pace, with the same credentials.
fn in_setting(verb: &str, options: &[String], setting: &Setting) -> String {
    let topology = setting.topology.display().to_string();
    let mut words = ["persys-verifier", verb, "--topology", &topology].map(str::to_owned).to_vec();
    words.extend_from_slice(options);
    if setting.timeout_scale != TimeoutScale::Fixed(1.0) {
        words.extend(["--timeout-scale".to_owned(), setting.timeout_scale.to_string()]);
    }
    if let Some(folder) = &setting.credentials {
        words.extend(["--credentials".to_owned(), folder.display().to_string()]);
    }
    quoted(&words)
}

fn quoted(words: &[String]) -> String {
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or_default());
    quoted.collect::<Vec<_>>().join(" ")
}
