//! `persys-verifier run`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use persys_contract::topology::Topology;

use super::{
    Exit, Registry,
    arguments::Run,
    calibrate::{Resolved, TimeoutScale},
    host,
    outside::Outside,
    remake::print_digest,
    reproduce, signals, watchdog,
};
use crate::{
    chaos::ChaosOrder,
    context::RunHandles,
    engine::{ExclusiveLock, Interrupt, LogMirror, Runner},
    events::{EventLog, RunOutcome, RunStarted, ShardFacts, timestamp},
    evidence::{Recorder, StepError},
    plan::{Pace, Quarantine, Selected, planned, shuffle},
    probe::HostChannel,
    report::{Progress, ReportWriter, ResultsFolder, write_plan},
};

/// What scenarios run against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// What the topology describes.
    Real,
    /// Nothing, as the engine's own tests have it.
    None,
}

pub fn run(registry: Registry, platform: Platform, arguments: &Run) -> Exit {
    let topology = match read_topology(&arguments.setting.topology) {
        Ok(topology) => topology,
        Err(error) => return refuse(Exit::Usage, &format!("failed to read the topology: {error}")),
    };
    // Measuring takes time, and tells nothing of the options.
    let measured = match arguments.setting.check {
        true => TimeoutScale::Fixed(1.0),
        false => arguments.setting.timeout_scale,
    };
    let scale = match measured.resolve() {
        Ok(scale) => scale,
        Err(error) => {
            let why = format!("failed to measure this machine's speed: {error}");
            return refuse(Exit::Environment, &why);
        }
    };
    let seed = arguments.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let (filter, mut selection) = match arguments.selection.select(registry.scenarios) {
        Ok(selected) => selected,
        Err(refusal) => return refuse(refusal.exit(), &refusal.to_string()),
    };
    if arguments.shuffle {
        shuffle(&mut selection, seed);
    }
    let whole: Vec<String> = selection.iter().map(|s| s.scenario.id.to_owned()).collect();
    if let Some(shard) = arguments.shard {
        let pace = Pace { timings: &topology.timings, scale: scale.scale };
        selection = shard.share(&selection, pace);
        if selection.is_empty() {
            let selected = whole.join(", ");
            eprintln!("note: shard {shard} has nothing to run: there is no more than {selected}");
        }
    }
    let today = time::OffsetDateTime::now_utc().date();
    let read = |file| Quarantine::read(file, registry.scenarios, today);
    let quarantine = match arguments.quarantine.as_deref().map(read).transpose() {
        Ok(quarantine) => quarantine.unwrap_or_default(),
        Err(error) => return refuse(Exit::Usage, &error.to_string()),
    };
    if arguments.setting.check {
        return Exit::Passed;
    }
    let exclusive = match arguments.exclusive_lock.as_deref().map(open_lock).transpose() {
        Ok(exclusive) => exclusive,
        Err(error) => return refuse(Exit::Usage, &format!("failed to open the lock: {error}")),
    };
    let run_id = format!("{:08x}", rand::random::<u32>());
    let folder = match &arguments.setting.results {
        Some(folder) => ResultsFolder::named(folder),
        None => {
            let now = timestamp(time::OffsetDateTime::now_utc());
            ResultsFolder::new_below(Path::new("results"), &now, &run_id)
        }
    };
    let folder = match folder {
        Ok(folder) => folder,
        Err(error) => {
            return refuse(Exit::Usage, &format!("failed to prepare the results: {error}"));
        }
    };
    let started = RunStarted {
        run_id,
        profile: filter.profile_name().to_owned(),
        seed,
        reproduce: reproduce::command(arguments, seed),
        shard: arguments.shard.map(|shard| ShardFacts {
            index: shard.index(),
            of: shard.of(),
            selection: whole,
        }),
        ..facts(&topology, &selection, registry, arguments, scale)
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return refuse(Exit::Environment, &format!("failed to start: {error}"));
        }
    };
    let job =
        Job { registry, platform, arguments, topology, selection, quarantine, exclusive, folder };
    let exit = runtime.block_on(job.run(started));
    // Whatever a step has left running is not waited for.
    runtime.shutdown_background();
    exit
}

pub fn refuse(exit: Exit, why: &str) -> Exit {
    eprintln!("error: {why}");
    exit
}

pub fn read_topology(file: &Path) -> anyhow::Result<Arc<Topology>> {
    let text =
        fs::read_to_string(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    Ok(Arc::new(Topology::parse(file, &text)?))
}

fn open_lock(file: &Path) -> anyhow::Result<ExclusiveLock> {
    ExclusiveLock::open(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

fn facts(
    topology: &Topology,
    selection: &[Selected],
    registry: Registry,
    arguments: &Run,
    scale: Resolved,
) -> RunStarted {
    let pace = Pace { timings: &topology.timings, scale: scale.scale };
    let machines = topology.machines.iter();
    let mut facts: BTreeMap<_, _> = arguments.setting.fact.iter().cloned().collect();
    if let Some(measured) = scale.measured {
        facts.insert("calibration".to_owned(), measured.to_string());
    }
    RunStarted {
        verifier_version: env!("CARGO_PKG_VERSION").to_owned(),
        topology: topology.name.clone(),
        platform: topology.platform.name.clone(),
        features: topology.platform.features.iter().map(ToString::to_string).collect(),
        machines: machines.map(|(name, m)| (name.clone(), m.address.to_string())).collect(),
        timings: topology.timings.named().map(|(name, value)| (name.to_owned(), value)).into(),
        shuffled: arguments.shuffle,
        timeout_scale: scale.scale,
        retries: arguments.retries,
        flaky_fails: !arguments.allow_flaky,
        facts,
        notes: arguments.setting.note.iter().cloned().chain(scale.note()).collect(),
        host: host::facts(),
        plan: planned(selection, !registry.invariants.is_empty(), pace),
        ..RunStarted::default()
    }
}

struct Job<'a> {
    registry: Registry,
    platform: Platform,
    arguments: &'a Run,
    topology: Arc<Topology>,
    selection: Vec<Selected>,
    quarantine: Quarantine,
    exclusive: Option<ExclusiveLock>,
    folder: ResultsFolder,
}

impl Job<'_> {
    async fn run(self, started: RunStarted) -> Exit {
        let log = match write_plan(&self.folder, &started).and_then(|()| {
            let file = self.folder.events();
            EventLog::create(&file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
        }) {
            Ok(log) => Arc::new(log),
            Err(error) => {
                return refuse(Exit::Environment, &format!("failed to write the results: {error}"));
            }
        };
        let reports = ReportWriter::new(self.folder.clone());
        reports.follow(&log);
        watchdog::watch(&log, Duration::from_secs(self.arguments.watchdog));
        let progress =
            (!self.arguments.quiet).then(|| Progress::start(&log, self.arguments.chaos.is_some()));
        let interrupt = Interrupt::default();
        if let Err(error) = signals::watch(interrupt.clone()) {
            return refuse(Exit::Environment, &format!("failed to watch for signals: {error}"));
        }
        let recorder = Recorder::new(log.clone());
        let (outside, broken) = match self.outside(&recorder, started.timeout_scale) {
            Ok(outside) => (outside, None),
            Err(error) => (Outside::default(), Some(error)),
        };
        let handles = RunHandles::new(
            self.topology.clone(),
            started.run_id.clone(),
            recorder,
            outside.probes,
            started.timeout_scale,
        )
        .giving(self.chaos(started.seed));
        let logs = outside.logs.map(|logs| {
            LogMirror::new(logs, self.folder.logs(), log.clone()).paced(started.timeout_scale)
        });
        let runner = Runner {
            handles: Arc::new(handles),
            selection: self.selection,
            invariants: self.registry.invariants,
            capabilities: outside.capabilities,
            logs,
            interrupt,
            exclusive: self.exclusive,
            retries: self.arguments.retries,
            fail_fast: self.arguments.setting.fail_fast,
            quarantine: self.quarantine,
            broken,
        };
        let mut outcome = runner.run(started).await;
        drop(progress);
        if let Some(error) = log.broken().or_else(|| reports.broken()) {
            eprintln!("error: failed to write the results: {error}");
            if outcome == RunOutcome::Passed {
                outcome = RunOutcome::Error;
            }
        }
        if !self.arguments.quiet {
            print_digest(&reports.summary(), &self.folder);
        }
        outcome.into()
    }

    /// What the scenario `chaos` is told, if it is selected.
    fn chaos(&self, seed: u64) -> ChaosOrder {
        let given = self.arguments.chaos.clone();
        let order = given.unwrap_or_else(|| ChaosOrder::new(seed, ChaosOrder::DURATION));
        ChaosOrder { folder: Some(self.folder.path().to_owned()), ..order }
    }

    fn outside(&self, recorder: &Recorder, scale: f64) -> Result<Outside, StepError> {
        if self.platform == Platform::None {
            return Ok(Outside::default());
        }
        let arguments = self.arguments;
        let credentials =
            arguments.setting.credentials.as_ref().unwrap_or(&self.topology.credentials);
        let open = |folder: &PathBuf| HostChannel::open(folder, scale, recorder.clone());
        let host = arguments.host_channel.as_ref().map(open).transpose()?;
        let topology = self.topology.clone();
        Ok(Outside::open(
            topology,
            credentials,
            &arguments.setting.cli,
            host,
            recorder.clone(),
            scale,
        )?)
    }
}
