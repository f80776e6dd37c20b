//! Components under the lab's supervisor.

use std::path::PathBuf;

use async_trait::async_trait;

use super::{Backend, BackendError, log_reader};
use crate::{
    machine::tree_of,
    protocol::{BackendKind, Component, LogChunk},
    supervisor::{Request, SupervisorClient},
};

/// Orders go to the supervisor of the machine; the rest is read from /proc and files.
pub struct Lab {
    supervisor: SupervisorClient,
    log_folder: PathBuf,
}

impl Lab {
    pub fn new(supervisor: SupervisorClient, log_folder: PathBuf) -> Self {
        Self { supervisor, log_folder }
    }

    async fn order(
        &self,
        component: &str,
        request: impl FnOnce(String) -> Request,
    ) -> Result<(), BackendError> {
        self.supervisor.ask(&request(component.to_owned())).await?;
        Ok(())
    }
}

#[async_trait]
impl Backend for Lab {
    fn kind(&self) -> BackendKind {
        BackendKind::Lab
    }

    async fn list(&self) -> Result<Vec<Component>, BackendError> {
        Ok(self.supervisor.list().await?)
    }

    async fn start(&self, component: &str) -> Result<(), BackendError> {
        self.order(component, |component| Request::Start { component }).await
    }

    async fn stop(&self, component: &str) -> Result<(), BackendError> {
        self.order(component, |component| Request::Stop { component }).await
    }

    async fn kill(&self, component: &str) -> Result<(), BackendError> {
        self.order(component, |component| Request::Kill { component }).await
    }

    async fn restart(&self, component: &str) -> Result<(), BackendError> {
        self.order(component, |component| Request::Restart { component }).await
    }

    async fn pause(&self, component: &str) -> Result<(), BackendError> {
        self.order(component, |component| Request::Pause { component }).await
    }

    async fn resume(&self, component: &str) -> Result<(), BackendError> {
        self.order(component, |component| Request::Resume { component }).await
    }

    async fn logs(
        &self,
        component: &Component,
        offset: u64,
        max: u64,
    ) -> Result<LogChunk, BackendError> {
        let path = if component.log_file.as_os_str().is_empty() {
            self.log_folder.join(format!("{}.log", component.name))
        } else {
            component.log_file.clone()
        };
        log_reader::read_file(path, offset, max).await
    }

    async fn processes(&self, component: &Component) -> Vec<i32> {
        let Some(pid) = component.pid.and_then(|pid| i32::try_from(pid).ok()) else {
            return Vec::new();
        };
        let tree = tokio::task::spawn_blocking(move || tree_of(pid)).await;
        tree.map(Vec::from_iter).unwrap_or_default()
    }
}
