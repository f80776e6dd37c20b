//! How a commit of the platform is built, and where its programs are then.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::{BisectError, Judging, arguments::Program};

/// A shell command, and the folder in which it leaves programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    pub command: String,
    /// Below the top folder.
    pub bin_dir: PathBuf,
}

impl Recipe {
    /// What the user said, or what fits the files that are there.
    pub fn of(top: &Path, judging: &Judging) -> Result<Self, BisectError> {
        let (command, bin_dir) = match &judging.build {
            Some(command) => (command.clone(), "bin"),
            None => detect(top, &judging.programs)?,
        };
        let bin_dir = judging.bin_dir.clone().unwrap_or_else(|| bin_dir.into());
        Ok(Self { command, bin_dir })
    }

    /// What is wrong whatever the commit is.
    pub fn check(judging: &Judging) -> Result<(), BisectError> {
        match &judging.bin_dir {
            Some(folder) if folder.is_absolute() => Err(BisectError::usage(format!(
                "--bin-dir {}: name a folder below the platform's top folder",
                folder.display()
            ))),
            _ => Ok(()),
        }
    }

    /// The command in the top folder. `$PERSYS_BIN_DIR` says where programs belong.
    pub fn command(&self, top: &Path, commit: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &self.command]).current_dir(top);
        command.env("PERSYS_BIN_DIR", top.join(&self.bin_dir)).env("PERSYS_COMMIT", commit);
        // A target folder that all of the user's builds share would be another one.
        command.env_remove("CARGO_TARGET_DIR");
        command
    }

    pub fn program(&self, top: &Path, program: Program) -> PathBuf {
        top.join(&self.bin_dir).join(program.file_name())
    }

    /// Removes an earlier commit's programs, so that none is taken for this one's.
    pub fn forget(&self, top: &Path, programs: &[Program]) -> Result<(), BisectError> {
        for program in programs {
            let path = self.program(top, *program);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(BisectError::io("remove", &path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The programs that the build should have made and did not.
    pub fn missing(&self, top: &Path, programs: &[Program]) -> Vec<&'static str> {
        let missing = programs.iter().filter(|program| !self.program(top, **program).is_file());
        missing.map(|program| program.file_name()).collect()
    }
}

fn detect(top: &Path, programs: &[Program]) -> Result<(String, &'static str), BisectError> {
    let has = |name: &str| top.join(name).is_file();
    if has("Cargo.toml") {
        let locked = if has("Cargo.lock") { " --locked" } else { "" };
        let bins = programs.iter().map(|program| format!(" --bin {}", program.file_name()));
        Ok((format!("cargo build{locked}{}", bins.collect::<String>()), "target/debug"))
    } else if has("go.mod") {
        Ok(("mkdir -p bin && go build -o bin/ ./...".to_owned(), "bin"))
    } else if has("Makefile") {
        Ok(("make".to_owned(), "bin"))
    } else {
        Err(BisectError::usage(format!(
            "{} has no Cargo.toml, go.mod or Makefile: say with --build and --bin-dir how it is built",
            top.display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_build_follows_from_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        let programs = [Program::Gateway, Program::Agent];
        let error = detect(top, &programs).unwrap_err();
        assert!(error.message.contains("--build and --bin-dir"), "{error}");
        for (file, command, bin_dir) in [
            ("Makefile", "make", "bin"),
            ("go.mod", "mkdir -p bin && go build -o bin/ ./...", "bin"),
            ("Cargo.toml", "cargo build --bin api-gateway --bin persys-agent", "target/debug"),
            (
                "Cargo.lock",
                "cargo build --locked --bin api-gateway --bin persys-agent",
                "target/debug",
            ),
        ] {
            fs::write(top.join(file), "").unwrap();
            assert_eq!(detect(top, &programs).unwrap(), (command.to_owned(), bin_dir));
        }
    }

    #[test]
    fn an_earlier_commit_s_program_is_not_taken_for_this_one_s() {
        let folder = tempfile::tempdir().unwrap();
        let recipe = Recipe { command: "true".to_owned(), bin_dir: "out".into() };
        let programs = [Program::Gateway, Program::Cli];
        fs::create_dir(folder.path().join("out")).unwrap();
        fs::write(recipe.program(folder.path(), Program::Cli), "old").unwrap();
        assert_eq!(recipe.missing(folder.path(), &programs), ["api-gateway"]);
        recipe.forget(folder.path(), &programs).unwrap();
        assert_eq!(recipe.missing(folder.path(), &programs), ["api-gateway", "persys-cli"]);
    }
}
