//! All that is stored, as one value and as a file.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::{Code, Repository, Token, User};

/// Who sits at the browser, and how they answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub login: String,
    /// Whether an app that asks for authorization gets it.
    pub approves: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub users: Vec<User>,
    pub repositories: Vec<Repository>,
    /// By digest.
    pub tokens: BTreeMap<String, Token>,
    /// By digest.
    pub codes: BTreeMap<String, Code>,
    /// None until it is changed; then the configured account is signed in.
    pub session: Option<Session>,
}

impl Content {
    /// Reads the file, or gives nothing when there is none yet.
    pub fn read(file: &Path) -> io::Result<Self> {
        match fs::read(file) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file as a whole, so that a killed process leaves a valid one.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let next = file.with_extension("json.next");
        fs::write(&next, serde_json::to_vec(self)?)?;
        fs::rename(&next, file)
    }
}
