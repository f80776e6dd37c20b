//! The accounts and repositories that are there from the start.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use time::OffsetDateTime;

use super::{Branches, ContentError, Git, GitError, create_repository};
use crate::records::{NewRepository, NewUser, Store, StoreError};

const MANIFEST: &str = "seed.json";

/// The folder `seed` of this crate, for who gives no folder.
const BUILT_IN: &[(&str, &[u8])] = &[
    ("seed.json", include_bytes!("../../seed/seed.json")),
    ("git-repo/feature/README.md", include_bytes!("../../seed/git-repo/feature/README.md")),
    (
        "git-repo/feature/docker-compose.yml",
        include_bytes!("../../seed/git-repo/feature/docker-compose.yml"),
    ),
    ("git-repo/main/README.md", include_bytes!("../../seed/git-repo/main/README.md")),
    (
        "git-repo/main/docker-compose.yml",
        include_bytes!("../../seed/git-repo/main/docker-compose.yml"),
    ),
];

/// Why a seed cannot be used; follows "failed to".
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("read SEED {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("use {MANIFEST} of SEED: {0}")]
    Manifest(serde_json::Error),
    #[error("use SEED: {0}")]
    Content(#[from] ContentError),
    #[error("{0}")]
    Git(#[from] GitError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    users: Vec<NewUser>,
    repositories: Vec<SeedRepository>,
}

/// `content` names the folder that holds a folder for each branch.
#[derive(Deserialize)]
struct SeedRepository {
    #[serde(flatten)]
    new: NewRepository,
    content: String,
}

/// Files by their path within the seed's folder.
pub struct Seed(BTreeMap<String, Vec<u8>>);

impl Seed {
    /// Reads a folder, or takes the built-in one.
    pub fn read(folder: Option<&Path>) -> Result<Self, SeedError> {
        let mut files = BTreeMap::new();
        match folder {
            Some(folder) => collect(folder, "", &mut files)?,
            None => files.extend(
                BUILT_IN.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec())),
            ),
        }
        Ok(Self(files))
    }

    fn manifest(&self) -> Result<Manifest, SeedError> {
        let text = self.0.get(MANIFEST).map(Vec::as_slice).unwrap_or_default();
        serde_json::from_slice(text).map_err(SeedError::Manifest)
    }

    fn branches(&self, repository: &SeedRepository) -> Result<Branches, ContentError> {
        let mut branches: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
        for (path, content) in &self.0 {
            let rest = path.strip_prefix(&repository.content);
            let rest = rest.and_then(|rest| rest.strip_prefix('/'));
            if let Some((branch, path)) = rest.and_then(|rest| rest.split_once('/')) {
                let files = branches.entry(branch.to_owned()).or_default();
                files.insert(path.to_owned(), content.clone());
            }
        }
        Branches::new(&repository.new.default_branch, branches)
    }
}

fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), SeedError> {
    let failed = |path: &Path, cause| SeedError::Read { path: path.to_owned(), cause };
    for entry in fs::read_dir(folder).map_err(|cause| failed(folder, cause))? {
        let entry = entry.map_err(|cause| failed(folder, cause))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(&path).map_err(|cause| failed(&path, cause))?);
        }
    }
    Ok(())
}

/// Makes what is not there yet, so that a restart changes nothing.
pub async fn plant(seed: &Seed, store: &Store, git: &Git) -> Result<(), SeedError> {
    let now = OffsetDateTime::now_utc();
    let manifest = seed.manifest()?;
    for user in manifest.users {
        if store.user(&user.login).is_none() {
            store.add_user(user, now)?;
        }
    }
    for repository in manifest.repositories {
        let (owner, name) = (&repository.new.owner, &repository.new.name);
        let known = store.repository(owner, name).is_some();
        if known && git.folder(owner, name).is_dir() {
            continue;
        }
        if !known {
            store.can_add(&repository.new)?;
        }
        create_repository(git, owner, name, &seed.branches(&repository)?).await?;
        if !known {
            store.add_repository(repository.new, now)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("seed")
    }

    #[test]
    fn the_built_in_seed_is_the_folder() {
        assert_eq!(Seed::read(None).unwrap().0, Seed::read(Some(&folder())).unwrap().0);
    }

    #[tokio::test]
    async fn a_seed_is_planted_once() {
        let root = tempfile::tempdir().unwrap();
        let git = Git::new(Path::new("git"), &root.path().join("repositories")).await.unwrap();
        let store = Store::open(&root.path().join("state.json"), "octocat").unwrap();
        let seed = Seed::read(None).unwrap();
        plant(&seed, &store, &git).await.unwrap();
        let made = store.repositories_of("octocat");
        plant(&seed, &store, &git).await.unwrap();
        assert_eq!(store.repositories_of("octocat"), made);
        assert_eq!(made.iter().filter(|repository| repository.private).count(), 1);
        for repository in &made {
            let folder = git.folder(&repository.owner, &repository.name);
            for branch in ["main", "feature"] {
                let file = format!("{branch}:docker-compose.yml");
                let text = git.run(&folder, &["show", &file]).await.unwrap();
                assert!(text.contains(&format!("BRANCH: {branch}")), "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let error = Seed::read(Some(Path::new("/nowhere"))).err().unwrap().to_string();
        assert!(error.starts_with("read SEED /nowhere: "), "{error}");
        let empty = tempfile::tempdir().unwrap();
        let error = Seed::read(Some(empty.path())).unwrap().manifest().err().unwrap().to_string();
        assert!(error.starts_with("use seed.json of SEED: "), "{error}");
    }
}
