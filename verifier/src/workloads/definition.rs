//! A workload as it stands in a file, in the strategy's words.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use persys_contract::{Workload, WorkloadType, topology::Topology};
use serde::Deserialize;

use super::{WorkloadFileError, placeholders::fill};

/// The compose file of a folder.
const COMPOSE_FILE: &str = "docker-compose.yml";

/// The text of the files that lie beside a workload's, by their path from there.
pub type Beside = [(&'static str, &'static str)];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Definition {
    name: String,
    #[serde(rename = "type")]
    kind: WorkloadType,
    image: Option<String>,
    /// A folder beside the file.
    compose_dir: Option<String>,
    git_repo: Option<String>,
    branch: Option<String>,
    #[serde(default)]
    env_vars: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<String>,
}

impl Definition {
    /// `file` is only named in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, WorkloadFileError> {
        serde_saphyr::from_str(text).map_err(|error| WorkloadFileError::Syntax {
            file: file.to_owned(),
            problem: error.to_string(),
        })
    }

    /// The workload that a client hands in, on the machines of this topology.
    pub fn workload(
        self,
        file: &str,
        topology: &Topology,
        beside: &Beside,
    ) -> Result<Workload, WorkloadFileError> {
        self.fits_its_type(file)?;
        let filled = |field: &str, text: String| {
            fill(&text, topology)
                .map_err(|(problem, mend)| WorkloadFileError::field(file, field, problem, mend))
        };
        let image = self.image.map(|image| filled("image", image)).transpose()?;
        let git_repo = self.git_repo.map(|repo| filled("gitRepo", repo)).transpose()?;
        let compose = match self.compose_dir {
            Some(folder) => Some(STANDARD.encode(compose_file(file, &folder, beside)?)),
            None => None,
        };
        let mut env_vars = BTreeMap::new();
        for (name, value) in self.env_vars {
            let value = filled(&format!("envVars.{name}"), value)?;
            env_vars.insert(name, value);
        }
        let workload = Workload {
            name: self.name,
            kind: Some(self.kind),
            image,
            compose,
            git_repo,
            git_branch: self.branch,
            env_vars,
            ports: self.ports,
            ..Workload::default()
        };
        let invalid = |invalid| WorkloadFileError::Invalid { file: file.to_owned(), invalid };
        workload.validate().map_err(invalid)?;
        Ok(workload)
    }

    /// A field that the type does not know would be passed over in silence.
    fn fits_its_type(&self, file: &str) -> Result<(), WorkloadFileError> {
        let (own, word): (&[&str], _) = match self.kind {
            WorkloadType::DockerContainer => (&["image", "ports"], "docker-container"),
            WorkloadType::DockerCompose => (&["composeDir"], "docker-compose"),
            WorkloadType::GitCompose => (&["gitRepo", "branch"], "git-compose"),
        };
        let given = [
            ("image", self.image.is_some()),
            ("ports", !self.ports.is_empty()),
            ("composeDir", self.compose_dir.is_some()),
            ("gitRepo", self.git_repo.is_some()),
            ("branch", self.branch.is_some()),
        ];
        for (field, given) in given {
            if given && !own.contains(&field) {
                let problem = format!("does not go with type {word}");
                return Err(WorkloadFileError::field(file, field, problem, "leave it out"));
            }
        }
        let needed = own[0];
        if !given.iter().any(|(field, given)| *field == needed && *given) {
            let problem = format!("is needed by type {word}");
            return Err(WorkloadFileError::field(file, needed, problem, "write it"));
        }
        Ok(())
    }
}

fn compose_file(
    file: &str,
    folder: &str,
    beside: &Beside,
) -> Result<&'static str, WorkloadFileError> {
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    let wanted = format!("{folder}/{COMPOSE_FILE}");
    let found = beside.iter().find(|(path, _)| *path == wanted);
    found.map(|(_, text)| *text).ok_or_else(|| {
        let problem = format!("there is no {wanted} beside the file");
        WorkloadFileError::field(file, "composeDir", problem, "name a folder that has one")
    })
}

#[cfg(test)]
#[path = "definition_tests.rs"]
mod tests;
