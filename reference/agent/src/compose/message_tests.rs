use super::*;

fn told(output: &str) -> String {
    gist(output, &Redaction::default())
}

#[test]
fn of_a_port_that_is_taken_docker_s_words_are_told_once() {
    let output = "Creating network \"w-1_default\" with the default driver\n\
        Creating w-1_web_1 ... \r\n\u{1b}[1A\u{1b}[2K\rCreating w-1_web_1 ... \u{1b}[31merror\u{1b}[0m\r\n\
        \nERROR: for w-1_web_1  Cannot start service web: port is already allocated\n\
        \nERROR: for web  Cannot start service web: port is already allocated\n\
        ERROR: Encountered errors while bringing up the project.\n";
    assert_eq!(told(output), "for w-1_web_1  Cannot start service web: port is already allocated");
}

#[test]
fn a_compose_file_that_is_wrong_is_told_with_all_that_is_wrong() {
    let output = "ERROR: The Compose file './docker-compose.yml' is invalid because:\n\
        services.web.ports is invalid: Invalid port \"x\"\n";
    let expected = "The Compose file './docker-compose.yml' is invalid because:; \
        services.web.ports is invalid: Invalid port \"x\"";
    assert_eq!(told(output), expected);
}

#[test]
fn a_stack_trace_is_not_told() {
    let output = "ERROR: odd\nTraceback (most recent call last):\n  File \"/usr/lib/x.py\", line 1\n\
        docker.errors.DockerException: no answer\n";
    assert_eq!(told(output), "docker.errors.DockerException: no answer");
}

#[test]
fn git_s_words_are_told() {
    let output = "Cloning into '/somewhere'...\nremote: Repository not found.\n\
        fatal: repository 'https://git/x/' not found\n";
    assert_eq!(
        told(output),
        "remote: Repository not found.; repository 'https://git/x/' not found"
    );
}

#[test]
fn secrets_and_the_agent_s_folders_are_not_told() {
    let redaction = Redaction::default()
        .folder(Path::new("/state"))
        .folder(Path::new("/state/projects/a"))
        .secrets([Secret::new("t0ken"), Secret::new("")]);
    let output = "fatal: /state/projects/a/x and /state/b and /state say t0ken";
    assert_eq!(gist(output, &redaction), "./x and ./b and . say ***");
}

#[test]
fn of_an_unmarked_complaint_the_end_is_told_and_no_more_than_fits() {
    assert_eq!(told("1\n2\n3\n4\n"), "2; 3; 4");
    assert_eq!(told(""), "it failed and did not say why");
    let long = told(&"ü".repeat(2000));
    assert!(long.len() <= LONGEST + '…'.len_utf8() && long.ends_with("ü…"));
}
