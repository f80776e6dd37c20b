//! One fault of every kind, spread over the machines, and the process that holds them: the
//! client of the fault daemons as the verifier has it, on the client's machine.

use std::{env, fs, path::Path, process::Command, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use persys_contract::{
    Role,
    topology::{MachineRole, Topology},
};
use persys_faultd::{
    client::{FaultClient, FaultError},
    protocol::{Direction, Fault},
};
use persys_identity::Credentials;
use rand::{RngExt, rngs::StdRng};
use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::sleep};

/// How long a fault outlives who holds it, at most, before it begins to heal.
pub const TTL: Duration = Duration::from_secs(5);

/// Marks the process that is to hold them, and holds its orders.
const MARK: &str = "PERSYS_LAB_TEST_ORDERS";
/// Faults begin and end within this time.
const LATEST_START: f64 = 2000.0;
const LONGEST: f64 = 3000.0;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    pub machine: String,
    pub fault: Fault,
    pub after_ms: f64,
    pub for_ms: f64,
}

/// What the holder says, a line each.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "news")]
pub enum News {
    /// All orders are given from now on.
    Begun,
    Held {
        machine: String,
        kind: String,
    },
    /// It is about to be taken back; or this machine cannot do it, or no longer did.
    Over {
        machine: String,
        kind: String,
        why: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Orders {
    orders: Vec<Order>,
    killed_after_ms: Option<f64>,
}

/// Every kind at once, each beginning and ending at its own time.
pub fn orders(random: &mut StdRng) -> Vec<Order> {
    let component = |name: &str| name.to_owned();
    let topology = fs::read_to_string(super::lab::checkout().join("topology.json")).unwrap();
    let topology = Topology::parse(Path::new("topology.json"), &topology).unwrap();
    let address = |machine: &str| vec![topology.machines[machine].address.into()];
    let data = "/run/persys/lib/docker/data".into();
    let all = [
        ("etcd", Fault::Stop { component: component("etcd") }),
        ("dns", Fault::Kill { component: component("coredns") }),
        ("prow1", Fault::Pause { component: component("prow-scheduler") }),
        ("prow2", Fault::Descriptors { component: component("prow-scheduler") }),
        ("gateway", Fault::Cut { peers: address("prow1"), direction: Direction::Both }),
        ("github", Fault::Cut { peers: address("gateway"), direction: Direction::In }),
        ("agent1", Fault::Cut { peers: address("prow1"), direction: Direction::Out }),
        ("agent2", Fault::Loss { peers: address("prow2"), percent: 30 }),
        ("client", Fault::Delay { peers: address("gateway"), ms: 20 }),
        ("github", Fault::Rate { bytes_per_second: 100_000 }),
        ("agent1", Fault::FillDisk { path: data, leave_bytes: 0 }),
        ("agent2", Fault::ContainerMemory { leave_bytes: 1 << 20 }),
        ("client", Fault::Memory { bytes: 64 << 20 }),
        ("gateway", Fault::Cpu { threads: 1 }),
    ];
    let order = |(machine, fault): (&str, Fault)| Order {
        machine: machine.to_owned(),
        fault,
        after_ms: random.random_range(0.0..LATEST_START),
        for_ms: random.random_range(0.0..LONGEST),
    };
    all.into_iter().map(order).collect()
}

/// A moment before, while or just after the faults are there.
pub fn moment(random: &mut StdRng) -> Duration {
    Duration::from_secs_f64(random.random_range(0.0..LATEST_START + LONGEST) / 1000.0)
}

/// The words that run this test program, and in it one test, as the holder. With a moment it
/// kills itself then: to nobody is that another end than by `kill -9`.
pub fn holder(test: &str, orders: &[Order], killed_after: Option<Duration>) -> Vec<String> {
    let killed_after_ms = killed_after.map(|after| after.as_secs_f64() * 1000.0);
    let orders = Orders { orders: orders.to_vec(), killed_after_ms };
    let orders = serde_json::to_string(&orders).unwrap();
    let program = env::current_exe().unwrap().to_str().unwrap().to_owned();
    let mut words = vec!["/usr/bin/env".to_owned(), format!("{MARK}={orders}"), program];
    words.extend(["--exact", test, "--nocapture", "--test-threads=1"].map(str::to_owned));
    words
}

/// Whether this process is the holder; then it has been when this returns.
pub fn held() -> bool {
    let Ok(orders) = env::var(MARK) else { return false };
    let Orders { orders, killed_after_ms } = serde_json::from_str(&orders).unwrap();
    persys_identity::install_crypto();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(hold(orders, killed_after_ms));
    true
}

async fn hold(orders: Vec<Order>, killed_after_ms: Option<f64>) {
    let path = Path::new("/run/persys/topology.json");
    let topology = Topology::parse(path, &fs::read_to_string(path).unwrap()).unwrap();
    assert!(topology.with_role(MachineRole::Client).next().is_some());
    let files = Credentials::in_folder(&topology.credentials, Role::Chaos.as_str());
    let credentials = files.load().unwrap();
    // The test program has begun a line already.
    println!();
    tell(&News::Begun);
    if let Some(ms) = killed_after_ms {
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs_f64(ms / 1000.0));
            let _ = kill(Pid::this(), Signal::SIGKILL);
        });
    }
    let mut tasks = JoinSet::new();
    for order in orders {
        let client = FaultClient::of_machine(&topology, &order.machine, &credentials).unwrap();
        tasks.spawn(carry_out(client, order));
    }
    tasks.join_all().await;
}

async fn carry_out(client: FaultClient, order: Order) {
    let (machine, kind) = (order.machine, order.fault.kind().to_owned());
    let over = |why: String| News::Over { machine: machine.clone(), kind: kind.clone(), why };
    sleep(Duration::from_secs_f64(order.after_ms / 1000.0)).await;
    let guard = match client.inject(order.fault, TTL).await {
        Ok(guard) => guard,
        Err(error @ FaultError::Unsupported { .. }) => return tell(&over(error.to_string())),
        // Its daemon may just have been killed.
        Err(error) => return tell(&over(error.to_string())),
    };
    tell(&News::Held { machine: machine.clone(), kind: kind.clone() });
    sleep(Duration::from_secs_f64(order.for_ms / 1000.0)).await;
    tell(&over("its time is up".to_owned()));
    if let Err(error) = guard.heal().await {
        tell(&over(error.to_string()));
    }
}

fn tell(news: &News) {
    println!("{}", serde_json::to_string(news).unwrap());
}

/// Reads a line of the holder, among those of the test program around it.
pub fn heard(line: &str) -> Option<News> {
    serde_json::from_str(line).ok()
}

/// Only to be spared the words of the test program.
pub fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null())
}
