//! Where the gateway is and who is calling: file, environment and flags.

use std::{
    io,
    path::{Path, PathBuf},
};

use persys_identity::Credentials;
use reqwest::Url;
use serde::Deserialize;

use crate::{arguments::ConnectionArguments, failure::Failure};

/// The configuration file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfigFile {
    gateway: Option<String>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    ca: Option<PathBuf>,
}

/// All that is needed to call the gateway.
#[derive(Clone, Debug)]
pub struct Settings {
    pub gateway: Url,
    pub credentials: Credentials,
}

impl Settings {
    /// Takes each value from the last of file, environment and flags that has it.
    pub fn collect(given: &ConnectionArguments) -> Result<Self, Failure> {
        let file = match &given.config {
            Some(path) => ConfigFile::read(path)?.ok_or_else(|| {
                Failure::Usage(format!("failed to read {}: there is no such file", path.display()))
            })?,
            None => {
                default_path().map_or(Ok(None), |path| ConfigFile::read(&path))?.unwrap_or_default()
            }
        };
        let absent = |name: &str, variable: &str| {
            Failure::Usage(format!(
                "{name} is not set: give --{name}, {variable} or \"{name}\" in the configuration file"
            ))
        };
        let gateway = given.gateway.clone().or(file.gateway);
        let gateway = gateway.ok_or_else(|| absent("gateway", "PERSYS_GATEWAY"))?;
        let path = |flag: &Option<PathBuf>, in_file: Option<PathBuf>, name, variable| {
            flag.clone().or(in_file).ok_or_else(|| absent(name, variable))
        };
        Ok(Self {
            gateway: read_gateway(&gateway)?,
            credentials: Credentials {
                cert: path(&given.cert, file.cert, "cert", "TLS_CERT")?,
                key: path(&given.key, file.key, "key", "TLS_KEY")?,
                ca: path(&given.ca, file.ca, "ca", "TLS_CA")?,
            },
        })
    }
}

impl ConfigFile {
    fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::Usage(format!("failed to read {}: {error}", path.display())));
            }
        };
        let mut file: Self = serde_json::from_str(&text).map_err(|error| {
            Failure::Usage(format!("failed to use {}: {error}", path.display()))
        })?;
        // Relative to the file, so that a folder with both can be moved.
        let folder = path.parent().unwrap_or(Path::new(""));
        for entry in [&mut file.cert, &mut file.key, &mut file.ca].into_iter().flatten() {
            *entry = folder.join(&entry);
        }
        Ok(Some(file))
    }
}

fn default_path() -> Option<PathBuf> {
    config_folder().map(|folder| folder.join("config.json"))
}

/// Where the user's files lie.
pub fn config_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    folder.map(|folder| folder.join("persys"))
}

fn read_gateway(text: &str) -> Result<Url, Failure> {
    let odd = |why: &str| {
        Failure::Usage(format!(
            "failed to use the gateway \"{text}\": {why}; it must look like https://10.0.0.1:8551"
        ))
    };
    let url = Url::parse(text).map_err(|error| odd(&error.to_string()))?;
    if url.scheme() != "https" {
        return Err(odd("it is reached over https alone"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err(odd("it has a path"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_an_https_address_without_a_path() {
        assert_eq!(read_gateway("https://10.0.0.1:8551").unwrap().port(), Some(8551));
        for odd in ["", "10.0.0.1:8551", "http://10.0.0.1:8551", "https://10.0.0.1/x", "https://"] {
            assert!(read_gateway(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn paths_in_the_file_are_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, r#"{"gateway":"https://g:1","cert":"a.crt","ca":"/b"}"#).unwrap();
        let file = ConfigFile::read(&path).unwrap().unwrap();
        assert_eq!(file.cert, Some(folder.path().join("a.crt")));
        assert_eq!(file.ca, Some("/b".into()));
        assert_eq!(file.key, None);
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_its_name_and_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, r#"{"gatway":"https://g:1"}"#).unwrap();
        let refusal = ConfigFile::read(&path).unwrap_err().to_string();
        assert!(refusal.contains("gatway") && refusal.contains("config.json"), "{refusal}");
    }
}
