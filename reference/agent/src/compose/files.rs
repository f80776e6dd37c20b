//! A project's compose files, where the program would find them in the folder itself.

use std::path::{Path, PathBuf};

use super::fault::ProjectFault;

/// In the order in which docker-compose looks for them. It would go on looking in the folders
/// above, where there is nobody's project.
const NAMES: [&str; 4] =
    ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"];

/// The name of a compose file that was sent along.
pub const SENT: &str = NAMES[0];

/// The compose file of a folder, and what is laid over it.
pub fn compose_files(folder: &Path) -> Result<Vec<PathBuf>, ProjectFault> {
    let none = || ProjectFault::unusable(format!("there is no {} or the like", NAMES[0]));
    let name = NAMES.into_iter().find(|name| folder.join(name).is_file()).ok_or_else(none)?;
    let mut files = vec![folder.join(name)];
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    let overrides = ["yml", "yaml"].map(|ending| folder.join(format!("{stem}.override.{ending}")));
    files.extend(overrides.into_iter().find(|file| file.is_file()));
    Ok(files)
}

/// The same in a folder whose content is others': no file may lie elsewhere.
pub fn compose_files_within(folder: &Path) -> Result<Vec<PathBuf>, ProjectFault> {
    let files = compose_files(folder)?;
    let root = folder.canonicalize().map_err(ProjectFault::files)?;
    for file in &files {
        if !file.canonicalize().map_err(ProjectFault::files)?.starts_with(&root) {
            return Err(ProjectFault::unusable("the compose file lies outside of the repository"));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let files = compose_files_within(folder).unwrap();
        let name = |file: PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
        files.into_iter().map(name).collect()
    }

    #[test]
    fn a_folder_s_files_are_found_in_the_program_s_order() {
        let folder = tempfile::tempdir().unwrap();
        assert!(compose_files(folder.path()).is_err());
        for (file, expected) in [
            ("compose.yaml", vec!["compose.yaml"]),
            ("compose.override.yml", vec!["compose.yaml", "compose.override.yml"]),
            ("docker-compose.yml", vec!["docker-compose.yml"]),
            (
                "docker-compose.override.yaml",
                vec!["docker-compose.yml", "docker-compose.override.yaml"],
            ),
        ] {
            std::fs::write(folder.path().join(file), "services: {}").unwrap();
            assert_eq!(names(folder.path()), expected);
        }
    }

    #[test]
    fn a_repository_cannot_name_another_s_file() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(folder.path().join("secret.yml"), "services: {}").unwrap();
        std::os::unix::fs::symlink("../secret.yml", inside.join("compose.yml")).unwrap();
        assert!(compose_files_within(&inside).is_err());
        assert!(compose_files(&inside).is_ok());
    }
}
