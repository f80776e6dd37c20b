//! The commands as a user meets them.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::lab::{Lab, eventually, persys_lab, text, unique};

#[test]
fn status_shell_and_logs_speak_of_the_lab() {
    let lab = Lab::up("speak", &["--bare"]);
    let status = lab.status();
    assert_eq!(status["phase"], "up");
    assert_eq!(status["machines"].as_array().unwrap().len(), 9);
    let plain = persys_lab(["status"]).output().unwrap();
    assert!(text(&plain).contains(&format!("lab {}: up", lab.name)), "{}", text(&plain));
    assert!(text(&plain).contains("coredns          ready"), "{}", text(&plain));

    let exit = lab.shell("dns", "exit 42");
    assert_eq!(exit.status.code(), Some(42));
    let unknown = lab.shell("mars", "true");
    assert!(
        text(&unknown).contains("mars: there is no such machine; there are agent1, agent2"),
        "{}",
        text(&unknown)
    );

    let logs = |args: &[&str]| {
        text(&persys_lab(["logs", "--name", &lab.name]).args(args).output().unwrap())
    };
    assert!(logs(&["dns"]).contains("CoreDNS-"), "{}", logs(&["dns"]));
    assert!(logs(&["etcd", "etcd"]).contains("etcd-version"));
    assert!(logs(&["dns", "etcd"]).contains("on dns log coredns"), "{}", logs(&["dns", "etcd"]));
}

#[test]
fn logs_can_be_followed_until_the_lab_ends() {
    let lab = Lab::up("follow", &["--bare"]);
    let mut follower = persys_lab(["logs", "--name", &lab.name, "dns", "coredns", "--follow"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    lab.on("dns", "echo later >> /run/persys/log/coredns.log");
    assert!(lines.any(|line| line.unwrap() == "later"));
    drop(lab);
    eventually("the follower ends", Duration::from_secs(5), || {
        follower.try_wait().unwrap().is_some()
    });
}

#[test]
fn nothing_of_a_lab_holds_the_output_of_up() {
    // `output` reads to the end: somebody in the lab who held the pipe would keep it.
    let lab = Lab::up("quiet", &["--bare"]);
    assert_eq!(lab.status()["phase"], "up");
    let down = persys_lab(["down", "--name", &lab.name]).output().unwrap();
    assert!(text(&down).contains("is down"), "{}", text(&down));
    let again = persys_lab(["down", "--name", &lab.name]).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    assert!(text(&again).contains("there is no such lab"), "{}", text(&again));
}

#[test]
fn run_passes_the_command_s_exit_code_folder_and_files() {
    let results = tempfile::tempdir().unwrap();
    let script = format!("pwd; echo report > {}/report.txt; exit 9", results.path().display());
    let output = persys_lab(["run", "--bare", "--name", &unique("pass")])
        .args(["--results", results.path().to_str().unwrap(), "--", "sh", "-c", &script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", text(&output));
    let pwd = String::from_utf8_lossy(&output.stdout);
    assert_eq!(pwd.trim(), crate::lab::checkout().to_str().unwrap());
    assert_eq!(fs::read_to_string(results.path().join("report.txt")).unwrap(), "report\n");
    for log in ["etcd/etcd.log", "dns/coredns.log", "agent1/docker.log", "agent2/docker.log"] {
        let path = results.path().join("logs").join(log);
        assert!(fs::metadata(&path).unwrap().len() > 0, "{}", path.display());
    }
}

/// Starts a run whose command writes a report when it is interrupted.
fn interruptible(lab: &str, results: &str, script: &str) -> std::process::Child {
    persys_lab(["run", "--bare", "--name", lab, "--results", results])
        .args(["--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn interrupted_once_the_verifier_may_write_its_reports() {
    let results = tempfile::tempdir().unwrap();
    let folder = results.path().to_str().unwrap();
    let script = format!(
        "trap 'echo written > {folder}/report; exit 130' INT; echo go; while :; do sleep 0.1; done"
    );
    let mut run = interruptible(&unique("once"), folder, &script);
    let mut line = String::new();
    BufReader::new(run.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "go\n");
    kill(Pid::from_raw(run.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_to_string(results.path().join("report")).unwrap(), "written\n");
}

#[test]
fn interrupted_twice_the_verifier_is_ended() {
    let results = tempfile::tempdir().unwrap();
    let folder = results.path().to_str().unwrap();
    let script = "trap 'echo again' INT; echo go; while :; do sleep 0.1; done";
    let mut run = interruptible(&unique("twice"), folder, script);
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "go");
    let pid = Pid::from_raw(run.id().cast_signed());
    kill(pid, Signal::SIGINT).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "again");
    let start = Instant::now();
    kill(pid, Signal::SIGINT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_failed_run_can_be_held_until_down() {
    let (lab, results) = (Lab { name: unique("hold") }, tempfile::tempdir().unwrap());
    let mut run = persys_lab(["run", "--bare", "--hold-on-failure", "--name", &lab.name])
        .args(["--results", results.path().to_str().unwrap(), "--", "sh", "-c", "exit 1"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("stays up until Ctrl-C")));
    assert_eq!(lab.on("client", "hostname"), "client");
    assert!(persys_lab(["down", "--name", &lab.name]).status().unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(1));
}

/// A terminal, as `script` makes one.
#[test]
fn a_terminal_reaches_the_command_and_its_ctrl_c_too() {
    let results = tempfile::tempdir().unwrap();
    let folder = results.path().to_str().unwrap();
    let inner = format!(
        "{} run --bare --name {} --results {folder} -- sh -c \"test -t 0 && test -t 1 && echo a \
         terminal; trap 'echo interrupted; exit 130' INT; echo go; while :; do sleep 0.1; done\"",
        env!("CARGO_BIN_EXE_persys-lab"),
        unique("tty"),
    );
    let mut script = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &inner, "/dev/null"])
        .current_dir(crate::lab::checkout())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("a terminal")));
    assert!(lines.any(|line| line.unwrap().contains("go")));
    use std::io::Write;
    script.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    assert!(lines.any(|line| line.unwrap().contains("interrupted")));
    let mut rest = String::new();
    lines.for_each(|line| rest += &line.unwrap_or_default());
    assert_eq!(script.wait().unwrap().code(), Some(130), "{rest}");
    let _ = script.stdin.take().map(|mut stdin| stdin.flush());
}

#[test]
fn clean_has_nothing_to_do_after_orderly_labs() {
    let output = persys_lab(["clean"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let mut nothing = String::new();
    output.stdout.as_slice().read_to_string(&mut nothing).unwrap();
    assert_eq!(nothing, "");
}
