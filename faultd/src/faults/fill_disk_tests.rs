use super::*;

fn disks(root: &Path, most_bytes: u64) -> Disks {
    let root = fs::canonicalize(root).unwrap();
    Disks::new(DiskLimits { roots: vec![root], most_bytes })
}

#[tokio::test]
async fn a_disk_is_filled_and_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let disks = disks(folder.path(), 64 << 20);
    let leave = available(folder.path()).unwrap() - (8 << 20);
    let lease = LeaseId::random();
    disks.fill(lease, folder.path(), leave).await.unwrap();
    let taken = fs::metadata(file_of(lease, folder.path())).unwrap().len();
    // Others write to this disk at the same time.
    assert!((1 << 20..=64 << 20).contains(&taken), "{taken}");
    disks.empty(lease, folder.path()).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(disks.empty(lease, folder.path()).unwrap(), "the disk was not filled");
}

#[test]
fn other_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let disks = disks(folder.path(), u64::MAX);
    for path in ["/", "/tmp/..", "/nowhere"] {
        let refused = disks.check(Path::new(path), 0).unwrap_err();
        assert_eq!(refused.code, RefusalCode::BadRequest, "{path}");
    }
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/", &link).unwrap();
    assert!(disks.check(&link, 0).is_err(), "a link leads out");
}

#[test]
fn a_disk_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = disks(folder.path(), 10).check(folder.path(), 0).unwrap_err();
    assert!(refused.error.contains("over the 10 allowed"), "{refused}");
    let refused = disks(folder.path(), u64::MAX).check(folder.path(), u64::MAX).unwrap_err();
    assert_eq!(refused.code, RefusalCode::Conflict);
}
