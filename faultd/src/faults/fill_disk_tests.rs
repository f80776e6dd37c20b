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
    disks.empty(lease, folder.path()).await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(disks.empty(lease, folder.path()).await.unwrap(), "the disk was not filled");
}

#[tokio::test]
async fn nothing_is_written_any_more_once_the_disk_is_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let disks = disks(folder.path(), 64 << 20);
    let lease = LeaseId::random();
    fs::write(file_of(lease, folder.path()), "").unwrap();
    let Writing { abort, ended } = disks.begin(lease);
    let writer = std::thread::spawn(move || {
        let _ended = ended.drop_guard();
        // As long as nobody stops it, and without filling anything.
        let mut sink = File::options().write(true).open("/dev/null").unwrap();
        write_zeros(&mut sink, u64::MAX, &abort)
    });
    disks.empty(lease, folder.path()).await.unwrap();
    let error = writer.join().unwrap().unwrap_err();
    assert!(error.to_string().contains("the lease ended"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(disks.writing().is_empty());
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
