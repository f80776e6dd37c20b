//! Files that are there in full or not at all.

use std::{
    ffi::OsString,
    fs, io,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

/// Replaces a file in one step: who reads it sees the old or the new content,
/// and a kill at any moment leaves one of the two.
pub fn replace_file(file: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(file);
    fs::write(&new, content).and_then(|()| fs::rename(&new, file)).inspect_err(|_| {
        // What cannot be removed either does no harm.
        let _ = fs::remove_file(&new);
    })
}

/// Points a symbolic link elsewhere in one step.
pub fn replace_link(link: &Path, target: &Path) -> io::Result<()> {
    let new = beside(link);
    std::os::unix::fs::symlink(target, &new)?;
    fs::rename(&new, link).inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}

/// A hidden name in the same folder that nobody else uses.
fn beside(file: &Path) -> std::path::PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(format!(".{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_links_are_replaced_without_leavings() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("f"), folder.path().join("l"));
        for content in ["one", "two"] {
            replace_file(&file, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
            replace_link(&link, Path::new(content)).unwrap();
            assert_eq!(fs::read_link(&link).unwrap(), Path::new(content));
        }
        assert!(replace_file(&folder.path().join("no/f"), b"").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
