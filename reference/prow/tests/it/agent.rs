//! An agent that keeps its containers in memory: the signed interface of
//! contract §3.3, and the registration and heartbeats of §6.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{delete, get, post},
};
use etcd_client::Client;
use persys_contract::{
    ComposeClone, ComposeRun, ContainerEntry, DockerRun, ErrorCode, SignatureKey, WORKLOAD_LABEL,
};
use persys_reference_base::{
    Metrics, RequestId,
    http::{ApiError, StrictJson, framed},
    signature::{SignatureCheck, SignedClient, require_signature},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Barrier, task::JoinHandle};

pub const SECRET: &str = "test-secret";
const BEAT: Duration = Duration::from_millis(200);

/// What the agent was told, in the order it was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub verb: &'static str,
    pub workload: String,
    /// Whether the workload's record was in etcd at that moment.
    pub recorded: bool,
    pub request_id: String,
}

/// What the agent has; a project's containers are called `<workload>_db` and `<workload>_web`.
#[derive(Default)]
pub struct World {
    pub containers: BTreeMap<String, ContainerEntry>,
    pub orders: Vec<Order>,
    pub runs: Vec<DockerRun>,
    pub projects: Vec<ComposeRun>,
    pub clones: Vec<ComposeClone>,
    pub logs: String,
    pub docker_away: bool,
    /// Orders to run a container are noted, and never answered.
    pub runs_hang: bool,
    /// Nobody is answered who wants logs.
    pub logs_hang: bool,
    /// So many removals are answered together, and not before.
    pub removals_meet: Option<Arc<Barrier>>,
    /// Docker starts none of the containers that are there, only new ones.
    pub cannot_start: bool,
    /// What becomes of a container that is run: `running`, or another state.
    pub outcome: Option<(String, Option<i64>)>,
}

pub struct Agent {
    pub id: String,
    world: Arc<Shared>,
    address: SocketAddr,
    serving: Option<JoinHandle<()>>,
    beating: Option<JoinHandle<()>>,
    schedulers: Vec<String>,
}

struct Shared {
    world: Mutex<World>,
    etcd: Client,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Agent {
    /// Starts an agent that registers with the schedulers' plain listeners.
    pub async fn start(id: &str, etcd: Client, schedulers: Vec<String>) -> Self {
        let world = World { logs: "one line\n".to_owned(), ..World::default() };
        let world = Arc::new(Shared { world: Mutex::new(world), etcd });
        let address = "127.0.0.1:0".parse().unwrap();
        let mut agent =
            Self { id: id.to_owned(), world, address, serving: None, beating: None, schedulers };
        agent.serve().await;
        agent.beat().await;
        agent
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.world()
    }

    pub fn verbs(&self, workload: &str) -> Vec<&'static str> {
        let world = self.world();
        world.orders.iter().filter(|o| o.workload == workload).map(|o| o.verb).collect()
    }

    pub fn state_of(&self, workload: &str) -> Option<String> {
        self.world().containers.get(workload).map(|c| c.status.clone())
    }

    pub fn set_state(&self, workload: &str, state: &str, exit_code: Option<i64>) {
        let mut world = self.world();
        let container = world.containers.get_mut(workload).expect("a container");
        container.status = state.to_owned();
        container.exit_code = exit_code;
    }

    /// Cuts the node off: it neither answers nor beats. Its containers go on.
    pub fn vanish(&mut self) {
        self.serving.take().unwrap().abort();
        self.fall_silent();
    }

    pub fn fall_silent(&mut self) {
        self.beating.take().unwrap().abort();
    }

    pub async fn return_(&mut self) {
        self.serve().await;
        self.beat().await;
    }

    async fn serve(&mut self) {
        let metrics = Metrics::new("fake-agent").unwrap();
        let key = SignatureKey::new(SECRET);
        let check = SignatureCheck::new(key, Duration::from_secs(30), &metrics);
        let shared = self.world.clone();
        let router = Router::new()
            .route("/docker/run", post(run))
            .route("/compose/run", post(run_project))
            .route("/compose/clone", post(clone))
            .route("/docker/list", get(list))
            .route("/docker/logs/{id}", get(logs))
            .route("/docker/start/{id}", post(start))
            .route("/docker/stop/{id}", post(stop))
            .route("/docker/{id}", delete(remove))
            .layer(from_fn_with_state(shared.clone(), require_docker))
            .layer(from_fn_with_state(check, require_signature))
            .with_state(shared);
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        // One connection per request, so that a vanished agent is really gone.
        let router = framed(router, &metrics).layer(from_fn(
            async |request: Request, next: Next| -> Response {
                let mut response = next.run(request).await;
                response.headers_mut().insert("connection", "close".parse().unwrap());
                response
            },
        ));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        self.serving = Some(serving);
    }

    async fn beat(&mut self) {
        let client = SignedClient::new(SignatureKey::new(SECRET), Duration::from_secs(2)).unwrap();
        let node = json!({
            "nodeId": self.id, "ipAddress": "127.0.0.1", "agentPort": self.address.port(),
            "hostname": self.id, "totalCpu": 4.0, "totalMemory": 8u64 << 30,
            "availableCpu": 4.0, "availableMemory": 8u64 << 30,
            "containerEngine": {"type": "docker", "status": "ok", "version": "1"},
            "labels": {"node": self.id},
        });
        let heartbeat = json!({
            "nodeId": self.id, "status": "active", "availableCpu": 4.0,
            "availableMemory": 8u64 << 30,
        });
        let schedulers = self.schedulers.clone();
        let (first_time, registered) = tokio::sync::oneshot::channel();
        let beating = async move {
            let mut first_time = Some(first_time);
            for scheduler in schedulers.iter().cycle() {
                let beaten = match first_time {
                    Some(_) => client.post(scheduler, "/nodes/register", &node).await,
                    None => client.post(scheduler, "/nodes/heartbeat", &heartbeat).await,
                };
                if let (Ok(_), Some(tell)) = (&beaten, first_time.take_if(|_| beaten.is_ok())) {
                    let _ = tell.send(());
                }
                if beaten.is_err_and(|error| error.status() == Some(404)) {
                    let _ = client.post(scheduler, "/nodes/register", &node).await;
                }
                tokio::time::sleep(BEAT).await;
            }
        };
        self.beating = Some(tokio::spawn(beating));
        let limit = Duration::from_secs(15);
        tokio::time::timeout(limit, registered).await.expect("the node registers").unwrap();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        for task in [self.serving.take(), self.beating.take()].into_iter().flatten() {
            task.abort();
        }
    }
}

type Answer = Result<Json<Value>, ApiError>;

async fn require_docker(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if shared.world().docker_away {
        return Err(ApiError::new(ErrorCode::DockerUnavailable, "docker does not answer"));
    }
    Ok(next.run(request).await)
}

async fn note(shared: &Shared, verb: &'static str, workload: &str, id: RequestId) {
    let key = format!("/workloads/{workload}");
    let found = shared.etcd.clone().get(key, None).await;
    let recorded = found.is_ok_and(|found| !found.kvs().is_empty());
    let request_id = id.as_str().to_owned();
    let order = Order { verb, workload: workload.to_owned(), recorded, request_id };
    shared.world().orders.push(order);
}

async fn run(
    State(shared): State<Arc<Shared>>,
    id: RequestId,
    StrictJson(run): StrictJson<DockerRun>,
) -> Answer {
    note(&shared, "run", &run.workload_id, id).await;
    let hangs = shared.world().runs_hang;
    hang_if(hangs).await;
    let mut world = shared.world();
    world.make(&run.workload_id, &run.workload_id);
    let answer = queued(&run.workload_id);
    world.runs.push(run);
    Ok(answer)
}

async fn run_project(
    State(shared): State<Arc<Shared>>,
    id: RequestId,
    StrictJson(run): StrictJson<ComposeRun>,
) -> Answer {
    note(&shared, "compose", &run.workload_id, id).await;
    let mut world = shared.world();
    world.make_project(&run.workload_id);
    let answer = queued(&run.workload_id);
    world.projects.push(run);
    Ok(answer)
}

async fn clone(
    State(shared): State<Arc<Shared>>,
    id: RequestId,
    StrictJson(run): StrictJson<ComposeClone>,
) -> Answer {
    note(&shared, "clone", &run.workload_id, id).await;
    let mut world = shared.world();
    world.make_project(&run.workload_id);
    let answer = queued(&run.workload_id);
    world.clones.push(run);
    Ok(answer)
}

fn queued(workload: &str) -> Json<Value> {
    Json(json!({"result": "queued", "workloadId": workload}))
}

impl World {
    /// Makes what is lacking; what is there is left alone.
    pub fn make(&mut self, workload: &str, name: &str) {
        let (status, exit_code) = self.outcome.clone().unwrap_or(("running".to_owned(), None));
        let container = ContainerEntry {
            id: format!("container-{name}"),
            names: vec![name.to_owned()],
            status,
            labels: [(WORKLOAD_LABEL.to_owned(), workload.to_owned())].into(),
            exit_code,
            ..ContainerEntry::default()
        };
        let known = self.containers.entry(name.to_owned()).or_insert_with(|| container.clone());
        if known.status == "Missing" {
            *known = container;
        }
    }

    fn make_project(&mut self, workload: &str) {
        for service in ["db", "web"] {
            self.make(workload, &format!("{workload}_{service}"));
        }
    }

    fn own(&mut self, workload: &str) -> Vec<&mut ContainerEntry> {
        let own = |entry: &&mut ContainerEntry| {
            entry.labels.get(WORKLOAD_LABEL).is_some_and(|id| id == workload)
        };
        self.containers.values_mut().filter(own).collect()
    }
}

async fn list(State(shared): State<Arc<Shared>>) -> Answer {
    let containers: Vec<_> = shared.world().containers.values().cloned().collect();
    Ok(Json(json!({"result": containers})))
}

async fn hang_if(hangs: bool) {
    if hangs {
        std::future::pending().await
    }
}

async fn logs(State(shared): State<Arc<Shared>>, Path(_): Path<String>) -> Answer {
    let hangs = shared.world().logs_hang;
    hang_if(hangs).await;
    Ok(Json(json!({"logs": shared.world().logs})))
}

async fn start(
    State(shared): State<Arc<Shared>>,
    id: RequestId,
    Path(workload): Path<String>,
) -> Answer {
    note(&shared, "start", &workload, id).await;
    let mut world = shared.world();
    if world.cannot_start {
        return Err(ApiError::new(ErrorCode::DockerError, "task 4184a9: already exists"));
    }
    let (status, exit_code) = world.outcome.clone().unwrap_or(("running".to_owned(), None));
    let mut own = world.own(&workload);
    own.first().ok_or_else(absent)?;
    for container in &mut own {
        (container.status, container.exit_code) = (status.clone(), exit_code);
    }
    Ok(Json(json!({"result": "started"})))
}

async fn stop(
    State(shared): State<Arc<Shared>>,
    id: RequestId,
    Path(workload): Path<String>,
) -> Answer {
    note(&shared, "stop", &workload, id).await;
    let mut world = shared.world();
    let mut own = world.own(&workload);
    own.first().ok_or_else(absent)?;
    for container in &mut own {
        (container.status, container.exit_code) = ("exited".to_owned(), Some(143));
    }
    Ok(Json(json!({"result": "stopped"})))
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    id: RequestId,
    Path(workload): Path<String>,
) -> Answer {
    note(&shared, "remove", &workload, id).await;
    let met = shared.world().removals_meet.clone();
    if let Some(met) = met {
        met.wait().await;
    }
    let mut world = shared.world();
    let names: Vec<_> = world.own(&workload).iter().map(|entry| entry.names[0].clone()).collect();
    names.first().ok_or_else(absent)?;
    world.containers.retain(|name, _| !names.contains(name));
    Ok(Json(json!({"result": "removed"})))
}

fn absent() -> ApiError {
    ApiError::not_found("no container has this id")
}
