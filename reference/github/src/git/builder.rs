//! Makes a repository out of files.

use std::{collections::BTreeMap, fs, io, path::Path};

use super::{Branches, Git, GitError};

/// Commits bear one date, so that the same files always make the same commits.
const DATE: &str = "2026-01-01T00:00:00Z";
const WRITER: (&str, &str) = ("Mona Octocat", "octocat@github.example");

/// What every repository allows and forbids: reading, of commits that no branch
/// points at too, as on GitHub; no writing, no plain files.
const SETTINGS: &[(&str, &str)] = &[
    ("http.receivepack", "false"),
    ("http.getanyfile", "false"),
    ("uploadpack.allowAnySHA1InWant", "true"),
    ("uploadpack.allowFilter", "true"),
];

/// Makes the repository beside its place and moves it there once it is whole. A
/// folder that is there already is replaced.
pub async fn create_repository(
    git: &Git,
    owner: &str,
    name: &str,
    branches: &Branches,
) -> Result<(), GitError> {
    let folder = git.folder(owner, name);
    let workshop = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(git.root())
        .map_err(|cause| GitError::File { path: git.root().to_owned(), cause })?;
    let bare = workshop.path().join("repository.git");
    build(git, workshop.path(), &bare, branches).await?;

    let failed = |cause| GitError::File { path: folder.clone(), cause };
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::rename(&bare, &folder).map_err(failed)
}

async fn build(
    git: &Git,
    workshop: &Path,
    bare: &Path,
    branches: &Branches,
) -> Result<(), GitError> {
    git.run(bare, &["init", "--quiet", "--bare", "--template="]).await?;
    for (name, value) in SETTINGS {
        git.run(bare, &["config", name, value]).await?;
    }
    let head = reference(branches.default_branch());
    git.run(bare, &["symbolic-ref", "HEAD", &head]).await?;
    let mut first: Option<String> = None;
    for (number, (branch, files)) in branches.in_order().enumerate() {
        let tree_folder = workshop.join(format!("tree-{number}"));
        write_files(&tree_folder, files)?;
        let commit = commit(git, bare, &tree_folder, branch, first.as_deref()).await?;
        git.run(bare, &["update-ref", &reference(branch), &commit]).await?;
        first.get_or_insert(commit);
    }
    Ok(())
}

fn reference(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn write_files(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), GitError> {
    fs::create_dir_all(folder)
        .map_err(|cause| GitError::File { path: folder.to_owned(), cause })?;
    for (path, content) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, content))
            .map_err(|cause| GitError::File { path: path.clone(), cause })?;
    }
    Ok(())
}

/// Commits a folder's files as a whole, on top of `parent`, and gives the commit's id.
async fn commit(
    git: &Git,
    bare: &Path,
    folder: &Path,
    branch: &str,
    parent: Option<&str>,
) -> Result<String, GitError> {
    let step = |arguments: &[&str]| {
        let mut command = git.command();
        command
            .env("GIT_DIR", bare)
            .env("GIT_WORK_TREE", folder)
            .env("GIT_INDEX_FILE", folder.with_extension("index"))
            .envs([("GIT_AUTHOR_NAME", WRITER.0), ("GIT_COMMITTER_NAME", WRITER.0)])
            .envs([("GIT_AUTHOR_EMAIL", WRITER.1), ("GIT_COMMITTER_EMAIL", WRITER.1)])
            .envs([("GIT_AUTHOR_DATE", DATE), ("GIT_COMMITTER_DATE", DATE)])
            .current_dir(folder)
            .args(arguments);
        command
    };
    git.output(&mut step(&["add", "--all", "--force", "."]), "add").await?;
    let tree = git.output(&mut step(&["write-tree"]), "write-tree").await?;
    let message = format!("Lay down {branch}");
    let mut arguments = vec!["commit-tree", tree.trim(), "-m", &message];
    if let Some(parent) = parent {
        arguments.extend(["-p", parent]);
    }
    let id = git.output(&mut step(&arguments), "commit-tree").await?;
    Ok(id.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branches(text: &str) -> Branches {
        let files = |text: &str| BTreeMap::from([("folder/file".to_owned(), text.into())]);
        let all = BTreeMap::from([
            ("main".to_owned(), files(text)),
            ("feature".to_owned(), files("other")),
        ]);
        Branches::new("main", all).unwrap()
    }

    #[tokio::test]
    async fn branches_hold_their_files_and_the_same_files_make_the_same_commits() {
        let root = tempfile::tempdir().unwrap();
        let git = Git::new(Path::new("git"), root.path()).await.unwrap();
        let mut heads = Vec::new();
        for (name, text) in [("a", "one"), ("b", "one"), ("c", "two"), ("c", "one")] {
            create_repository(&git, "Octocat", name, &branches(text)).await.unwrap();
            let folder = git.folder("octocat", name);
            let shown = git.run(&folder, &["show", "main:folder/file"]).await.unwrap();
            assert_eq!(shown, text);
            let shown = git.run(&folder, &["show", "feature:folder/file"]).await.unwrap();
            assert_eq!(shown, "other");
            let base = git.run(&folder, &["merge-base", "main", "feature"]).await.unwrap();
            let head = git.run(&folder, &["rev-parse", "HEAD"]).await.unwrap();
            assert_eq!(base, head, "the feature starts from the default branch");
            git.run(&folder, &["fsck", "--strict"]).await.unwrap();
            heads.push(head);
        }
        assert_eq!(heads[0], heads[1]);
        assert_ne!(heads[0], heads[2]);
        assert_eq!(heads[0], heads[3]);
        let left: Vec<_> = fs::read_dir(root.path()).unwrap().map(|one| one.unwrap()).collect();
        assert_eq!(left.len(), 1, "no workshop is left behind: {left:?}");
    }

    #[tokio::test]
    async fn a_git_that_is_not_there_is_named() {
        let root = tempfile::tempdir().unwrap();
        let outcome = Git::new(Path::new("/nowhere/git"), root.path()).await;
        let error = outcome.err().unwrap().to_string();
        assert!(error.starts_with("run /nowhere/git: "), "{error}");
    }
}
