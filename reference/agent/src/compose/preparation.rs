//! From an order to a project that can be brought up.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::is_reserved;
use super::fault::ProjectFault;
use super::files::{SENT, compose_files, compose_files_within};
use super::message::Redaction;
use super::model::Model;
use super::overlay::overlay;
use super::process::run;
use super::project::{self, Project};
use super::spec::{ProjectSpec, Source};
use super::store::Draft;
use super::toolbox::{Compose, of_process, succeeded};
use super::wanted::Wanted;

/// How long the program may take to resolve a compose file.
const RESOLVE_DEADLINE: Duration = Duration::from_secs(60);

/// The variable that says which profiles are asked for.
const PROFILES: &str = "COMPOSE_PROFILES";

/// A project that is not its workload's yet.
#[derive(Debug)]
pub struct Prepared {
    pub draft: Draft,
    pub project: Project,
}

impl Compose {
    /// Fetches the source, has the program resolve it, and writes down what is to be brought up.
    pub async fn prepare(
        &self,
        spec: &ProjectSpec,
        wanted: &Wanted,
    ) -> Result<Prepared, ProjectFault> {
        if let Some(name) = spec.variables.keys().find(|name| is_reserved(name)) {
            let reason = format!("envVariables: {name} cannot be given to a compose file");
            return Err(ProjectFault::unusable(reason));
        }
        let draft = self.store.draft()?;
        let (origin, files) = self.fetch(spec, &draft, wanted).await?;
        let resolved = self.resolve(spec, &origin, &files, &draft, wanted).await?;
        let profiles = spec.variables.get(PROFILES).cloned().unwrap_or_default();
        let model = Model::read(&resolved, &profiles)?;
        let labels = serde_json::to_vec_pretty(&overlay(&model, &spec.labels))
            .map_err(ProjectFault::files)?;
        draft.write(&project::resolved(draft.folder()), resolved.as_bytes())?;
        draft.write(&project::overlay(draft.folder()), &labels)?;
        let project = Project {
            workload_id: spec.workload_id.clone(),
            name: spec.project.clone(),
            labels: spec.labels.clone(),
            services: model.services,
            profiles,
            origin,
            folder: draft.folder().to_owned(),
        };
        Ok(Prepared { draft, project })
    }

    /// The folder and the compose files in it.
    async fn fetch(
        &self,
        spec: &ProjectSpec,
        draft: &Draft,
        wanted: &Wanted,
    ) -> Result<(PathBuf, Vec<PathBuf>), ProjectFault> {
        let source = project::source(draft.folder());
        match &spec.source {
            Source::Folder(folder) if !folder.is_dir() => {
                Err(ProjectFault::unusable("composeDir: there is no such folder on this node"))
            }
            Source::Folder(folder) => Ok((folder.clone(), compose_files(folder)?)),
            Source::File(text) => {
                fs::create_dir(&source).map_err(ProjectFault::files)?;
                let file = source.join(SENT);
                draft.write(&file, text.as_bytes())?;
                Ok((source, vec![file]))
            }
            Source::Repository(repository) => {
                self.git.clone(repository, &source, wanted.given_up()).await?;
                let files = compose_files_within(&source)?;
                Ok((source, files))
            }
        }
    }

    /// The only time that the program sees the order's variables, and it asks Docker nothing.
    async fn resolve(
        &self,
        spec: &ProjectSpec,
        origin: &Path,
        files: &[PathBuf],
        draft: &Draft,
        wanted: &Wanted,
    ) -> Result<String, ProjectFault> {
        let mut command = self.command().await?;
        command
            .envs(&spec.variables)
            .args(["-p", &spec.project, "--project-directory"])
            .arg(origin);
        for file in files {
            command.arg("-f").arg(file);
        }
        command.arg("config");
        let ended = run(command, RESOLVE_DEADLINE, wanted.given_up()).await;
        let redaction =
            Redaction::default().folder(origin).folder(draft.folder()).folder(self.store.root());
        succeeded(ended.map_err(of_process)?, &redaction)
    }
}
