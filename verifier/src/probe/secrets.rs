//! The secrets of a run: what must be in no answer, no log and no report.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, RwLock},
};

use super::ProbeError;

/// Lines of a PEM file that are shorter could occur anywhere.
const TELLING: usize = 32;

/// Every secret of the run, by name. Clones share what is added later.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<BTreeMap<String, Vec<String>>>>);

impl Secrets {
    /// Reads the private keys (`*.key`) and secret files (those without an
    /// extension) of a credentials folder.
    pub fn read(folder: &Path) -> Result<Self, ProbeError> {
        let problem = |what: &Path, error| {
            ProbeError::setup(format!("read the credentials in {}: {error}", what.display()))
        };
        let secrets = Self::default();
        for entry in fs::read_dir(folder).map_err(|error| problem(folder, error))? {
            let path = entry.map_err(|error| problem(folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_key = path.extension().is_some_and(|extension| extension == "key");
            if path.is_file() && (is_key || path.extension().is_none()) {
                let text = fs::read_to_string(&path).map_err(|error| problem(&path, error))?;
                secrets.add(&name, &text);
            }
        }
        Ok(secrets)
    }

    /// Adds a secret that a scenario made, such as a workload's git token, beside
    /// those of the same name. Of a
    /// PEM text each line counts, as JSON writes its line ends otherwise.
    pub fn add(&self, name: &str, text: &str) {
        let values: Vec<String> = if text.contains("-----BEGIN") {
            let body = text.lines().map(str::trim).filter(|line| !line.starts_with('-'));
            body.filter(|line| line.len() >= TELLING).map(str::to_owned).collect()
        } else {
            Some(text.trim())
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
                .into_iter()
                .collect()
        };
        if let Ok(mut all) = self.0.write() {
            all.entry(name.to_owned()).or_default().extend(values);
        }
    }

    /// The names of the secrets that a text gives away.
    pub fn found_in(&self, text: &str) -> Vec<String> {
        let Ok(all) = self.0.read() else { return Vec::new() };
        all.iter()
            .filter(|(_, values)| values.iter().any(|value| text.contains(value.as_str())))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Every text that must not be written anywhere.
    pub fn values(&self) -> Vec<String> {
        self.0.read().map(|all| all.values().flatten().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\nAAAA\n-----END PRIVATE KEY-----\n";

    #[test]
    fn secrets_are_found_by_value_and_told_by_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("agent-secret"), "5ec2e7\n").unwrap();
        fs::write(folder.path().join("client.key"), PEM).unwrap();
        fs::write(folder.path().join("client.crt"), "public").unwrap();
        let secrets = Secrets::read(folder.path()).unwrap();
        assert_eq!(secrets.found_in("key=5ec2e7;"), ["agent-secret"]);
        assert_eq!(secrets.found_in(&serde_json::json!(PEM).to_string()), ["client.key"]);
        assert!(secrets.found_in("public AAAA -----BEGIN PRIVATE KEY-----").is_empty());
    }

    #[test]
    fn a_secret_added_later_is_known_to_every_clone() {
        let secrets = Secrets::default();
        let clone = secrets.clone();
        secrets.add("git token", "ghp_token");
        secrets.add("empty", " ");
        assert_eq!(clone.found_in("x-ghp_token"), ["git token"]);
        assert!(clone.found_in("").is_empty());
        assert_eq!(clone.values(), ["ghp_token"]);
        secrets.add("git token", "ghp_another");
        assert_eq!(clone.found_in("ghp_token ghp_another"), ["git token"]);
        assert_eq!(clone.values(), ["ghp_token", "ghp_another"]);
    }
}
