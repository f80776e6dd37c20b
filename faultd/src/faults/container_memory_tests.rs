use super::*;

/// A folder in the place of the kernel's: files keep what is written to them.
fn memory(files: &[(&str, &str)]) -> (tempfile::TempDir, ContainerMemory) {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let group = Some(PathBuf::from("/persys/agent1"));
    let memory = ContainerMemory { group, root: root.path().to_owned() };
    (root, memory)
}

fn text(root: &tempfile::TempDir, name: &str) -> String {
    fs::read_to_string(root.path().join(name)).unwrap()
}

#[test]
fn version_2_is_bounded_and_freed() {
    let (root, memory) = memory(&[
        ("cgroup.controllers", "cpu memory\n"),
        ("persys/agent1/memory.current", "1000000\n"),
        ("persys/agent1/memory.max", "max\n"),
        ("persys/agent1/memory.swap.max", "max\n"),
    ]);
    assert_eq!(memory.lack(), None);
    memory.check().unwrap();
    memory.bound(500).unwrap();
    assert_eq!(text(&root, "persys/agent1/memory.max"), "1000500");
    assert_eq!(text(&root, "persys/agent1/memory.swap.max"), "0");
    assert_eq!(memory.check().unwrap_err().code, RefusalCode::Conflict);
    memory.free().unwrap();
    assert_eq!(text(&root, "persys/agent1/memory.max"), "max");
    assert_eq!(text(&root, "persys/agent1/memory.swap.max"), "max");
}

#[test]
fn version_1_is_bounded_with_its_swap_where_that_is_counted() {
    let limits = ("memory/persys/agent1/memory.limit_in_bytes", "9223372036854771712\n");
    let usage = ("memory/persys/agent1/memory.usage_in_bytes", "1000000\n");
    let (root, memory) = memory(&[("memory/memory.limit_in_bytes", "1"), limits, usage]);
    assert_eq!(memory.lack(), None);
    memory.check().unwrap();
    memory.bound(500).unwrap();
    assert_eq!(text(&root, limits.0), "1000500");
    let swap = "memory/persys/agent1/memory.memsw.limit_in_bytes";
    fs::write(root.path().join(swap), "").unwrap();
    memory.bound(600).unwrap();
    assert_eq!(text(&root, swap), "1000600");
    memory.free().unwrap();
    assert_eq!((text(&root, limits.0).as_str(), text(&root, swap).as_str()), ("-1", "-1"));
}

#[test]
fn a_machine_without_such_a_group_lacks_it() {
    let unset = ContainerMemory::of_group(None);
    assert_eq!(unset.lack().unwrap(), "CONTAINERS_CGROUP is not set");
    assert_eq!(unset.check().unwrap_err().missing, Some(Capability::ContainerMemory));
    let (_root, memory) = memory(&[("cgroup.controllers", "cpu io\n")]);
    assert!(memory.lack().unwrap().contains("no control groups for memory"));
    assert_eq!(memory.check().unwrap_err().code, RefusalCode::Unsupported);
    assert!(memory.free().unwrap().contains("gone"));
}
