//! From flags and file to the workload that is sent.

use std::{io::Read, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use persys_contract::{RestartPolicy, Workload, WorkloadResources, WorkloadType};
use persys_reference_base::defect;
use serde_json::{Map, Value};

use super::command::{Kind, Restart, ScheduleArguments};
use crate::failure::Failure;

impl ScheduleArguments {
    /// The workload as it is sent. Whether it is valid is for the platform to say.
    pub fn describe(&self) -> Result<Value, Failure> {
        let mut workload = match &self.file {
            Some(file) => read_description(file)?,
            None => Map::new(),
        };
        let flags = serde_json::to_value(self.flags()?)
            .map_err(|error| Failure::Usage(format!("failed to describe the workload: {error}")))?;
        if let Value::Object(flags) = flags {
            // An absent name is written all the same, and would override the file's.
            let given = flags.into_iter().filter(|(_, value)| value != "");
            workload.extend(given);
        }
        Ok(Value::Object(workload))
    }

    fn flags(&self) -> Result<Workload, Failure> {
        let compose = match &self.compose {
            Some(file) => Some(BASE64_STANDARD.encode(read(file)?)),
            None => None,
        };
        let git_token = match &self.git_token_file {
            Some(file) => Some(read_text(file)?.trim().to_owned()),
            None => None,
        };
        let resources = (self.cpu.is_some() || self.memory.is_some()).then(|| WorkloadResources {
            cpu: self.cpu.unwrap_or_default(),
            memory: self.memory.unwrap_or_default(),
        });
        Ok(Workload {
            id: self.id.clone().unwrap_or_default(),
            name: self.name.clone().unwrap_or_default(),
            kind: self.kind(),
            image: self.image.clone(),
            command: self.command.clone(),
            local_path: self.local_path.clone(),
            compose,
            git_repo: self.git_repo.clone(),
            git_branch: defect!("cli-drops-branch", None, self.git_branch.clone()),
            git_token,
            env_vars: self.env.iter().cloned().collect(),
            ports: self.port.clone(),
            volumes: self.volume.clone(),
            network: self.network.clone(),
            restart_policy: self.restart_policy.map(|policy| match policy {
                Restart::No => RestartPolicy::No,
                Restart::Always => RestartPolicy::Always,
                Restart::OnFailure => RestartPolicy::OnFailure,
                Restart::UnlessStopped => RestartPolicy::UnlessStopped,
            }),
            labels: defect!(
                "cli-drops-labels",
                Default::default(),
                self.label.iter().cloned().collect(),
            ),
            resources,
            ..Workload::default()
        })
    }

    /// The type that was asked for, or the one that the other flags speak of. A
    /// file speaks for itself.
    fn kind(&self) -> Option<WorkloadType> {
        match self.kind {
            Some(Kind::DockerContainer) => Some(WorkloadType::DockerContainer),
            Some(Kind::DockerCompose) => Some(WorkloadType::DockerCompose),
            Some(Kind::GitCompose) => Some(WorkloadType::GitCompose),
            None if self.git_repo.is_some() => Some(WorkloadType::GitCompose),
            None if self.compose.is_some() || self.local_path.is_some() => {
                Some(WorkloadType::DockerCompose)
            }
            None if self.file.is_some() => None,
            None => Some(WorkloadType::DockerContainer),
        }
    }
}

fn read_description(file: &Path) -> Result<Map<String, Value>, Failure> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| unreadable(file, &error))?;
        text
    } else {
        read_text(file)?
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::Usage(format!("failed to read {} as a JSON object: {error}", file.display()))
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| unreadable(file, &error))
}

fn read_text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("failed to read {}: {error}", file.display()))
}

#[cfg(test)]
#[path = "description_tests.rs"]
mod tests;
