//! The audit as a user runs it, with a stand-in for the lab that answers in
//! milliseconds: what its platform was told to do wrong decides which results it has.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const STEP: &str = "basic-workflow/nodes-registered";

/// A defect's name is what the run comes to; the sound platform's is in a file.
const LAB: &str = r#"#!/bin/sh
here=$(dirname "$0")
verdict=$(cat "$here/sound")
while [ $# -gt 0 ]; do
  case $1 in
    --results) results=$2;;
    --env) verdict=${2##*=};;
    --cli) found=$($2) && [ -n "$found" ] && verdict=$found;;
  esac
  shift
done
echo "$verdict" >>"$here/runs"
if [ -e "$here/slow" ]; then
  ls "$here" | grep at-work >>"$here/beside"
  touch "$here/at-work-$$"; sleep 0.3; rm "$here/at-work-$$"
fi
mkdir -p "$results"
[ "$verdict" = hangs ] && exec sleep 1000
cp "$here/$verdict.jsonl" "$results/events.jsonl"
"#;

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new(defects: &[&str]) -> Self {
        Self::of("prow-scheduler", defects)
    }

    fn of(component: &str, defects: &[&str]) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write("lab", LAB);
        fs::set_permissions(bench.file("lab"), fs::Permissions::from_mode(0o755)).unwrap();
        bench.write("topology.json", "{}");
        bench.write("sound", "passed");
        for program in ["api-gateway", "prow-scheduler", "persys-agent"] {
            bench.write(program, program);
        }
        bench.write("persys-cli", "#!/bin/sh\necho $PERSYS_DEFECT\n");
        fs::set_permissions(bench.file("persys-cli"), fs::Permissions::from_mode(0o755)).unwrap();
        for verdict in ["passed", "failed", "error"] {
            bench.write(&format!("{verdict}.jsonl"), &events(verdict));
        }
        let defects: Vec<Value> = defects
            .iter()
            .map(|name| {
                json!({ "name": name, "component": component, "category": "status",
                    "section": "1", "promise": "a promise", "breaks": "breaks it",
                    "steps": [STEP] })
            })
            .collect();
        let list = json!({ "variable": "PERSYS_DEFECT", "defects": defects });
        bench.write("defects.json", &list.to_string());
        bench
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_persys-verifier"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("PERSYS_TOPOLOGY");
        command.args(["audit", "--defects", "defects.json", "--topology", "topology.json"]);
        command.args(["--bin-dir", ".", "--lab", "./lab", "--results", "out"]).args(more);
        command
    }

    #[track_caller]
    fn audit(&self, more: &[&str], code: i32) -> String {
        let output = self.command(more).output().unwrap();
        let text = text(&output);
        assert_eq!(output.status.code(), Some(code), "{text}");
        text
    }
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part)).concat()
}

/// The events of a run in which the step came to this.
fn events(verdict: &str) -> String {
    let (scenario, step) = STEP.split_once('/').unwrap();
    let plan = json!([{ "id": scenario, "steps": [{ "id": step }] }]);
    let of_step = |mut event: Value| {
        event["scenario"] = json!(scenario);
        event["step"] = json!(step);
        event
    };
    let events = [
        json!({ "schema": 1, "type": "run-started", "plan": plan }),
        of_step(json!({ "type": "step-started", "attempt": 1, "budgetMs": 1000 })),
        of_step(json!({ "type": "step-finished", "verdict": verdict, "attempt": 1,
            "message": format!("the message of {verdict}"), "durationMs": 200.0 })),
        json!({ "type": "run-finished", "outcome": verdict, "exitCode": 1, "durationMs": 400.0 }),
    ];
    let lines = events.into_iter().enumerate().map(|(n, mut event)| {
        event["seq"] = json!(n);
        event["ts"] = json!("2026-01-02T03:04:05.000000Z");
        event["at"] = json!(n * 100);
        format!("{event}\n")
    });
    lines.collect()
}

#[test]
fn what_fails_is_caught_and_written_down() {
    let bench = Bench::new(&["failed"]);
    let text = bench.audit(&[], 0);
    assert!(text.contains("caught   failed"), "{text}");
    assert!(text.contains(STEP), "{text}");
    assert_eq!(bench.read("out/caught.txt"), format!("failed  {STEP}\n"));
    assert_eq!(bench.read("out/missed.txt"), "");
    assert_eq!(bench.read("out/idle-steps.txt"), "");
    assert!(bench.read("out/index.html").contains("Every defect was caught"));
    let record: Value = serde_json::from_str(&bench.read("out/audit.json")).unwrap();
    assert_eq!(record["judged"][0]["outcome"], "caught");
    assert_eq!(record["judged"][0]["message"], "the message of failed");
}

#[test]
fn what_passes_is_missed_and_what_breaks_is_not_judged() {
    let bench = Bench::new(&["failed", "passed", "error"]);
    let text = bench.audit(&["--jobs", "1"], 2);
    assert!(text.contains("MISSED   passed"), "{text}");
    assert!(text.contains("unjudged error"), "{text}");
    assert!(bench.read("out/missed.txt").starts_with("passed  "));
    bench.audit(&["--only", "failed", "--only", "error"], 3);
    bench.audit(&["--only", "failed"], 0);
    assert_eq!(bench.read("out/missed.txt"), "", "an audit that begins anew keeps nothing");
}

#[test]
fn nothing_is_judged_when_the_sound_platform_fails() {
    let bench = Bench::new(&["failed"]);
    bench.write("sound", "failed");
    let text = bench.audit(&[], 4);
    assert!(text.contains("red      basic-workflow: ") && text.contains(STEP), "{text}");
    assert_eq!(bench.read("runs"), "failed\n", "only the baseline is run");
}

#[test]
fn what_was_judged_by_the_same_programs_is_not_judged_again() {
    let bench = Bench::new(&["failed", "error"]);
    bench.audit(&["--jobs", "1"], 3);
    assert_eq!(bench.read("runs"), "passed\nfailed\nerror\n");
    // What could not be judged is tried again.
    let text = bench.audit(&["--jobs", "1", "--resume"], 3);
    assert!(text.contains("1 were judged before"), "{text}");
    assert_eq!(bench.read("runs"), "passed\nfailed\nerror\nerror\n");
    bench.write("persys-agent", "another one");
    bench.audit(&["--jobs", "1", "--resume"], 3);
    assert!(bench.read("runs").ends_with("passed\nfailed\nerror\n"), "{}", bench.read("runs"));
}

#[test]
fn an_audit_that_begins_anew_keeps_the_earlier_one_beside_it() {
    let bench = Bench::new(&["failed", "passed"]);
    bench.audit(&["--only", "failed"], 0);
    let text = bench.audit(&["--only", "passed"], 2);
    assert!(text.contains("out.old") && text.contains("--resume"), "{text}");
    assert_eq!(bench.read("out.old/caught.txt"), format!("failed  {STEP}\n"));
    assert_eq!(bench.read("out/caught.txt"), "");
    bench.audit(&["--only", "passed", "--resume"], 2);
    assert!(bench.read("out.old/caught.txt").starts_with("failed"), "it goes on with the last one");
    bench.audit(&["--only", "failed"], 0);
    assert!(bench.read("out.old/missed.txt").starts_with("passed"), "the last one is kept");
}

#[test]
fn those_that_measure_are_looked_at_one_at_a_time() {
    let measuring = "performance/no-leak";
    let bench = Bench::new(&["failed", "failed-too", "failed-as-well"]);
    bench.write("defects.json", &bench.read("defects.json").replace(STEP, measuring));
    for verdict in ["passed", "failed"] {
        let events = events(verdict);
        let events = events.replace("basic-workflow", "performance");
        let events = events.replace("nodes-registered", "no-leak");
        bench.write(&format!("{verdict}.jsonl"), &events);
    }
    for name in ["failed-too", "failed-as-well"] {
        bench.write(&format!("{name}.jsonl"), &bench.read("failed.jsonl"));
    }
    bench.write("slow", "");
    bench.audit(&["--jobs", "3"], 0);
    assert_eq!(bench.read("runs").lines().count(), 4);
    assert_eq!(bench.read("beside"), "");
}

#[test]
fn an_audit_of_everything_wants_a_reason_for_each_idle_step() {
    let bench = Bench::new(&["failed"]);
    bench.write("failed.jsonl", &events("failed").replace("nodes-registered", "clean-up"));
    bench.write(
        "defects.json",
        &bench.read("defects.json").replace(STEP, "basic-workflow/clean-up"),
    );
    let text = bench.audit(&["--whole"], 2);
    assert!(text.contains(&format!("idle     {STEP} has caught nothing")), "{text}");
    assert_eq!(bench.read("out/idle-steps.txt"), format!("{STEP}  UNEXPLAINED\n"));
    // Where not everything was looked at nothing follows.
    bench.audit(&[], 0);
    bench.audit(&["--whole", "--only", "failed"], 0);

    let list = |steps: &[&str]| json!({ "idle": [{ "steps": steps, "why": "it stands" }] });
    bench.write("idle-steps.json", &list(&[STEP]).to_string());
    bench.audit(&["--whole"], 0);
    assert_eq!(bench.read("out/idle-steps.txt"), format!("{STEP}  it stands\n"));
    assert!(bench.read("out/index.html").contains("it stands"));
    let needless = list(&[STEP, "basic-workflow/clean-up"]).to_string();
    bench.write("elsewhere.json", &needless);
    let text = bench.audit(&["--whole", "--reasons", "elsewhere.json"], 2);
    assert!(text.contains("basic-workflow/clean-up is said to be idle"), "{text}");
    bench.write("idle-steps.json", &list(&["basic-workflow/none"]).to_string());
    assert!(bench.audit(&["--whole"], 128).contains("idle-steps.json"), "the file is named");
}

#[test]
fn what_only_another_step_notices_is_looked_at_twice_and_is_no_verdict() {
    let bench = Bench::new(&["failed"]);
    bench.write("failed.jsonl", &events("failed").replace("nodes-registered", "clean-up"));
    let text = bench.audit(&[], 3);
    assert!(text.contains("elsewhere failed"), "{text}");
    assert_eq!(bench.read("out/elsewhere.txt"), "failed  basic-workflow/clean-up\n");
    assert_eq!(bench.read("out/caught.txt"), "");
    assert_eq!(bench.read("runs"), "passed\nfailed\nfailed\n");
}

#[test]
fn the_client_program_gets_its_defect_from_whoever_runs_it() {
    let bench = Bench::of("persys-cli", &["failed"]);
    bench.audit(&[], 0);
    assert_eq!(bench.read("runs"), "passed\nfailed\n", "the baseline has no defect");
}

#[test]
fn wrong_options_are_refused_by_a_code_of_their_own() {
    let bench = Bench::new(&["failed"]);
    for (wrong, told) in [
        (["--only", "faild"], "there is no such defect"),
        (["--part", "3/2"], "I from 1 to N"),
        (["--part", "2/2"], "no defect to judge"),
        (["--bin-dir", "nowhere"], "cannot be used multiple times"),
    ] {
        let text = bench.audit(&wrong, 128);
        assert!(text.contains(told), "{text}");
    }
    fs::remove_file(bench.file("persys-agent")).unwrap();
    assert!(bench.audit(&[], 128).contains("persys-agent"), "the missing program is named");
    assert!(bench.audit(&["--list"], 0).starts_with("failed "));
}

#[test]
fn ctrl_c_ends_it_at_once_with_what_there_is() {
    let bench = Bench::new(&["failed", "hangs"]);
    let mut command = bench.command(&["--jobs", "1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !bench.read("runs").ends_with("hangs\n") {
        assert!(Instant::now() < deadline, "the second defect is never looked at");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert_eq!(bench.read("out/caught.txt"), format!("failed  {STEP}\n"));
    assert!(bench.read("out/index.html").contains("waiting"));
}
