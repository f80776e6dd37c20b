use super::*;

fn run(order: ComposeRun) -> Result<ProjectSpec, InvalidRun> {
    ProjectSpec::from_run(ComposeRun { workload_id: "w-1".into(), ..order }, "node-a")
}

fn clone(url: &str, token: Option<&str>) -> Repository {
    let order = ComposeClone {
        workload_id: "w-1".into(),
        repo_url: url.into(),
        auth_token: token.map(str::to_owned),
        ..ComposeClone::default()
    };
    match ProjectSpec::from_clone(order, "node-a").unwrap().source {
        Source::Repository(repository) => repository,
        other => panic!("{other:?}"),
    }
}

fn refused(url: &str, branch: &str) -> &'static str {
    let order = ComposeClone {
        workload_id: "w-1".into(),
        repo_url: url.into(),
        branch: Some(branch.into()),
        ..ComposeClone::default()
    };
    ProjectSpec::from_clone(order, "node-a").unwrap_err().field
}

#[test]
fn a_project_comes_from_a_folder_or_from_a_file() {
    let folder = run(ComposeRun { compose_dir: Some("/srv/app".into()), ..Default::default() });
    assert_eq!(folder.unwrap().source, Source::Folder("/srv/app".into()));
    let encoded = "c2Vydmlj\nZXM6IHt9";
    let file = run(ComposeRun { compose: Some(encoded.into()), ..Default::default() }).unwrap();
    assert_eq!(file.source, Source::File("services: {}".into()));
    assert_eq!(file.project, "w-1");
    assert_eq!(file.labels["workloadId"], "w-1");
    assert_eq!(file.labels["persys.node"], "node-a");
}

#[test]
fn what_cannot_be_used_is_named() {
    let dir = |dir: &str| ComposeRun { compose_dir: Some(dir.into()), ..Default::default() };
    let file = |file: &str| ComposeRun { compose: Some(file.into()), ..Default::default() };
    let variables = |name: &str| ComposeRun {
        env_variables: [(name.to_owned(), String::new())].into(),
        ..dir("/srv")
    };
    for (order, field) in [
        (ComposeRun::default(), "composeDir"),
        (dir("relative"), "composeDir"),
        (dir("/srv/../etc"), "composeDir"),
        (file("%%%"), "compose"),
        (file("/w=="), "compose"),
        (ComposeRun { compose: Some("e30=".into()), ..dir("/srv") }, "compose"),
        (variables("A=B"), "envVariables"),
        (variables(""), "envVariables"),
    ] {
        assert_eq!(run(order).unwrap_err().field, field);
    }
    for id in ["", "a/b", "../x"] {
        let order = ComposeRun { workload_id: id.into(), ..dir("/srv") };
        assert_eq!(ProjectSpec::from_run(order, "n").unwrap_err().field, "workloadId");
    }
}

#[test]
fn a_repository_s_address_and_branch_cannot_be_options_or_files() {
    for url in
        ["", "/srv/repo", "file:///srv/repo", "ssh://git@host/x", "--upload-pack=x", "ext::sh"]
    {
        assert_eq!(refused(url, "main"), "repoUrl", "{url}");
    }
    for branch in ["--upload-pack=x", "a b", "a..b", "a:b", "a\n"] {
        assert_eq!(refused("https://git/x", branch), "branch", "{branch}");
    }
}

#[test]
fn credentials_are_kept_apart_from_the_address() {
    let open = clone("https://git.host/a/b.git", None);
    assert_eq!((open.url.as_str(), open.credentials), ("https://git.host/a/b.git", None));
    for (url, token, expected) in [
        ("https://git.host/x", Some("t0ken"), "x-access-token:t0ken"),
        ("https://me@git.host/x", Some("t0ken"), "me:t0ken"),
        ("https://me:p%40ss@git.host/x", None, "me:p@ss"),
        ("https://me:other@git.host/x", Some("t0ken"), "me:t0ken"),
    ] {
        let repository = clone(url, token);
        assert_eq!(repository.url.as_str(), "https://git.host/x");
        assert_eq!(repository.credentials.as_ref().unwrap().expose(), expected);
        assert!(!format!("{repository:?}").contains("t0ken"));
    }
}

#[test]
fn an_empty_branch_is_the_repository_s_own_choice() {
    let order = ComposeClone {
        workload_id: "w-1".into(),
        repo_url: "https://git/x".into(),
        branch: Some(String::new()),
        auth_token: Some(String::new()),
        ..ComposeClone::default()
    };
    let Source::Repository(repository) = ProjectSpec::from_clone(order, "n").unwrap().source else {
        panic!("no repository");
    };
    assert_eq!((repository.branch, repository.credentials), (None, None));
}
