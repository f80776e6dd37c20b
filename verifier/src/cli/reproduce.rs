//! The command that runs one step of a run again, or a plan of `chaos`.

use super::{
    arguments::{Chaos, Run},
    calibrate::TimeoutScale,
};

/// `{step}` stands for the step's name.
pub fn command(arguments: &Run, seed: u64) -> String {
    if let Some(command) = &arguments.reproduce {
        return command.clone();
    }
    let mut words = vec![
        "persys-verifier".to_owned(),
        "run".to_owned(),
        "--topology".to_owned(),
        arguments.topology.display().to_string(),
        "--seed".to_owned(),
        seed.to_string(),
    ];
    if arguments.timeout_scale != TimeoutScale::Fixed(1.0) {
        words.extend(["--timeout-scale".to_owned(), arguments.timeout_scale.to_string()]);
    }
    if let Some(folder) = &arguments.credentials {
        words.extend(["--credentials".to_owned(), folder.display().to_string()]);
    }
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or_default());
    let command = quoted.collect::<Vec<_>>().join(" ");
    format!("{command} --only {{step}}")
}

/// `options` name the plan: by its seed, or by its file.
pub fn chaos_command(arguments: &Chaos, options: &[String]) -> String {
    let quote = |words: &[String]| {
        let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or_default());
        quoted.collect::<Vec<_>>().join(" ")
    };
    if let Some(command) = &arguments.reproduce {
        return command.replace("{chaos}", &quote(options));
    }
    let topology = arguments.topology.display().to_string();
    let mut words =
        ["persys-verifier", "chaos", "--topology", &topology].map(str::to_owned).to_vec();
    words.extend_from_slice(options);
    if arguments.timeout_scale != TimeoutScale::Fixed(1.0) {
        words.extend(["--timeout-scale".to_owned(), arguments.timeout_scale.to_string()]);
    }
    if let Some(folder) = &arguments.credentials {
        words.extend(["--credentials".to_owned(), folder.display().to_string()]);
    }
    quote(&words)
}
