//! A supervisor of real processes that speaks the lab's protocol.

use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use persys_faultd::supervisor::{Component, ComponentState, Request, Response};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    process::{Child, Command},
    sync::Mutex,
    time::sleep,
};

struct Program {
    child: Option<Child>,
    state: ComponentState,
    since: Timestamp,
    exit: Option<String>,
    log_file: PathBuf,
}

/// Runs `etcd` and `coredns`, which are sleeping shells here.
pub struct Supervisor {
    programs: Mutex<BTreeMap<String, Program>>,
    refuses_start: AtomicBool,
    stops_slowly: AtomicBool,
}

impl Supervisor {
    pub async fn start(folder: &Path) -> Arc<Self> {
        let mut programs = BTreeMap::new();
        for name in ["coredns", "etcd"] {
            let log_file = folder.join(format!("{name}.log"));
            programs.insert(name.to_owned(), spawn(log_file));
        }
        let supervisor = Arc::new(Self {
            programs: Mutex::new(programs),
            refuses_start: AtomicBool::new(false),
            stops_slowly: AtomicBool::new(false),
        });
        let listener = UnixListener::bind(folder.join("supervisor.sock")).unwrap();
        let serving = supervisor.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        supervisor
    }

    /// Makes every start fail from now on, or no more.
    pub fn refuse_start(&self, refuse: bool) {
        self.refuses_start.store(refuse, Ordering::SeqCst);
    }

    /// Makes components take a second to stop. Meanwhile other orders are taken, and a
    /// start of what still runs is answered at once.
    pub fn stop_slowly(&self) {
        self.stops_slowly.store(true, Ordering::SeqCst);
    }

    pub async fn component(&self, name: &str) -> Component {
        describe(name, &self.programs.lock().await[name])
    }

    async fn serve(self: Arc<Self>, stream: UnixStream) {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
            let answer = self.answer(serde_json::from_str(&line).unwrap()).await;
            let mut text = serde_json::to_string(&answer).unwrap();
            text.push('\n');
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
            line.clear();
        }
    }

    async fn answer(&self, request: Request) -> Response {
        if matches!(request, Request::Stop { .. }) && self.stops_slowly.load(Ordering::SeqCst) {
            sleep(Duration::from_secs(1)).await;
        }
        let mut programs = self.programs.lock().await;
        let (Request::Start { component }
        | Request::Stop { component }
        | Request::Kill { component }
        | Request::Pause { component }
        | Request::Resume { component }
        | Request::Restart { component }) = &request
        else {
            let itself = faultd();
            let others = programs.iter().map(|(name, program)| describe(name, program));
            return Response::done(others.chain([itself]).collect());
        };
        let Some(program) = programs.get_mut(component) else {
            return Response::refused("no such component");
        };
        let starts = matches!(request, Request::Start { .. } | Request::Restart { .. });
        if starts && self.refuses_start.load(Ordering::SeqCst) {
            return Response::refused("the start was refused for the test");
        }
        match request {
            Request::Start { .. } if program.child.is_some() => {}
            Request::Start { .. } => *program = spawn(program.log_file.clone()),
            Request::Stop { .. } => end(program, Signal::SIGTERM, ComponentState::Stopped).await,
            Request::Kill { .. } => end(program, Signal::SIGKILL, ComponentState::Exited).await,
            Request::Restart { .. } => {
                end(program, Signal::SIGTERM, ComponentState::Stopped).await;
                *program = spawn(program.log_file.clone());
            }
            Request::Pause { .. } => signal(program, Signal::SIGSTOP, ComponentState::Paused),
            Request::Resume { .. } => signal(program, Signal::SIGCONT, ComponentState::Ready),
            Request::List => {}
        }
        Response::done(vec![describe(component, program)])
    }
}

fn spawn(log_file: PathBuf) -> Program {
    let script = "echo started; sleep 600 & wait";
    let log = std::fs::OpenOptions::new().create(true).append(true).open(&log_file).unwrap();
    let child = Command::new("sh")
        .args(["-c", script])
        .process_group(0)
        .stdout(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let state = ComponentState::Ready;
    Program { child: Some(child), state, since: Timestamp::now(), exit: None, log_file }
}

async fn end(program: &mut Program, with: Signal, state: ComponentState) {
    signal(program, with, state);
    if let Some(mut child) = program.child.take() {
        let status = child.wait().await.unwrap();
        program.exit = status.signal().map(|signal| format!("signal {signal}"));
    }
}

fn signal(program: &mut Program, signal: Signal, state: ComponentState) {
    let Some(pid) = program.child.as_ref().and_then(Child::id) else { return };
    killpg(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
    program.state = state;
    program.since = Timestamp::now();
}

fn describe(name: &str, program: &Program) -> Component {
    Component {
        name: name.to_owned(),
        state: program.state,
        pid: program.child.as_ref().and_then(Child::id),
        since: program.since,
        exit: program.exit.clone(),
        restarts: 0,
        log_file: program.log_file.clone(),
    }
}

/// The daemon is a component as well; the tests run it themselves.
fn faultd() -> Component {
    Component {
        name: "persys-faultd".to_owned(),
        state: ComponentState::Ready,
        pid: None,
        since: Timestamp::now(),
        exit: None,
        restarts: 0,
        log_file: PathBuf::new(),
    }
}
