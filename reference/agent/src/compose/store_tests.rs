use super::*;

fn project(workload_id: &str) -> Project {
    Project {
        workload_id: workload_id.into(),
        name: workload_id.into(),
        labels: BTreeMap::from([("displayName".into(), "shop".into())]),
        services: Vec::new(),
        profiles: String::new(),
        origin: "/srv".into(),
        folder: PathBuf::new(),
    }
}

fn adopted(store: &ProjectStore, workload_id: &str) -> Arc<Project> {
    let draft = store.draft().unwrap();
    draft.write(&draft.folder().join("file"), b"text").unwrap();
    store.adopt(draft, project(workload_id)).unwrap()
}

fn folders(root: &Path) -> usize {
    fs::read_dir(root.join(PROJECTS)).unwrap().count()
}

#[test]
fn a_project_outlives_the_agent_and_goes_with_its_files() {
    let root = tempfile::tempdir().unwrap();
    let state = root.path().join("state");
    let store = ProjectStore::open(&state).unwrap();
    let kept = adopted(&store, "w-1");
    adopted(&store, "w-2");
    drop(store);

    let store = ProjectStore::open(&state).unwrap();
    assert_eq!(store.get("w-1"), Some(kept));
    assert_eq!(store.all().len(), 2);
    let taken = store.take("w-1").unwrap();
    assert_eq!((store.get("w-1"), folders(&state)), (None, 2));
    store.put_back(Arc::clone(&taken));
    assert!(store.get("w-1").is_some());
    store.discard(&store.take("w-1").unwrap());
    assert_eq!(folders(&state), 1);
}

#[test]
fn what_was_not_finished_goes_at_once_or_at_the_next_start() {
    let root = tempfile::tempdir().unwrap();
    let store = ProjectStore::open(root.path()).unwrap();
    drop(store.draft().unwrap());
    assert_eq!(folders(root.path()), 0);
    std::mem::forget(store.draft().unwrap());
    fs::write(root.path().join(PROJECTS).join("stray"), "").unwrap();
    adopted(&store, "w-1");
    assert_eq!(folders(root.path()), 3);
    drop(store);
    let store = ProjectStore::open(root.path()).unwrap();
    assert_eq!((folders(root.path()), store.all().len()), (1, 1));
}

#[test]
fn a_workload_has_one_project() {
    let root = tempfile::tempdir().unwrap();
    let store = ProjectStore::open(root.path()).unwrap();
    let first = adopted(&store, "w-1");
    let second = adopted(&store, "w-1");
    assert_eq!(store.get("w-1"), Some(second));
    assert!(!first.folder.exists());
    store.put_back(first);
    assert_eq!(store.all().len(), 1);
}

#[test]
fn nobody_else_may_look_or_use_it() {
    let root = tempfile::tempdir().unwrap();
    let state = root.path().join("state");
    let store = ProjectStore::open(&state).unwrap();
    let folder = adopted(&store, "w-1").folder.clone();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("file")), 0o600);
    assert!(matches!(ProjectStore::open(&state), Err(StateFault::InUse(_))));
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(ProjectStore::open(&file), Err(StateFault::Unusable { .. })));
}
