//! Where the token of a login is kept.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{failure::Failure, settings::config_folder};

#[derive(Args, Debug)]
pub struct TokenFile {
    /// Where the login's token is kept [default: ~/.config/persys/token]
    #[arg(long, value_name = "FILE", env = "PERSYS_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

impl TokenFile {
    pub fn path(&self) -> Result<PathBuf, Failure> {
        let usual = || config_folder().map(|folder| folder.join("token"));
        self.token_file.clone().or_else(usual).ok_or_else(|| {
            Failure::Usage("there is no home folder: give --token-file or PERSYS_TOKEN_FILE".into())
        })
    }

    pub fn read(&self) -> Result<String, Failure> {
        let path = self.path()?;
        let unusable = |why: &str| {
            let path = path.display();
            Failure::Usage(format!("failed to read {path}: {why}; persys-cli login makes it"))
        };
        let text = fs::read_to_string(&path).map_err(|error| unusable(&error.to_string()))?;
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(unusable("it holds no token"));
        }
        Ok(token.to_owned())
    }

    /// Replaces the file whole; only its owner may read it.
    pub fn write(&self, token: &str) -> Result<PathBuf, Failure> {
        let path = self.path()?;
        replace(&path, token).map_err(|error| {
            Failure::Usage(format!("failed to write {}: {error}", path.display()))
        })?;
        Ok(path)
    }
}

fn replace(path: &Path, token: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // A file that is there already may be open to others, or be a link to one.
    let new = folder.join(format!(".token-{}", uuid::Uuid::new_v4()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| writeln!(file, "{token}"))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // It may not even have been made.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn at(path: PathBuf) -> TokenFile {
        TokenFile { token_file: Some(path) }
    }

    #[test]
    fn a_token_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/token");
        let file = at(path.clone());
        file.write("one").unwrap();
        assert_eq!(file.read().unwrap(), "one");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        file.write("two").unwrap();
        assert_eq!((file.read().unwrap().as_str(), mode(&path)), ("two", 0o600));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_used_is_named_with_the_way_to_make_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for text in [None, Some(""), Some("two words")] {
            if let Some(text) = text {
                fs::write(&path, text).unwrap();
            }
            let refusal = at(path.clone()).read().unwrap_err().to_string();
            assert!(refusal.contains("token: ") && refusal.contains("login"), "{refusal}");
        }
        let error = at(path.join("below-a-file")).write("x").unwrap_err().to_string();
        assert!(error.contains("below-a-file"), "{error}");
    }
}
