//! The life of leases on a clock that stands still until all wait for it.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use super::{Effects, Keeper, StateFile};
use crate::{
    protocol::{Ending, Fault, Lease, LeaseId, LeaseState, RefusalCode},
    refused::Refused,
};

const TTL: Duration = Duration::from_secs(10);

/// Notes what is done, and fails as told.
#[derive(Default)]
struct Pretended {
    done: Mutex<Vec<String>>,
    injections: Mutex<VecDeque<Result<(), Refused>>>,
    healings: Mutex<VecDeque<Result<String, String>>>,
    hangs: bool,
    /// What was on disk when a fault took effect.
    state: PathBuf,
    on_disk: Mutex<Vec<String>>,
}

#[async_trait]
impl Effects for Pretended {
    async fn check(&self, fault: &Fault) -> Result<(), Refused> {
        match fault {
            Fault::Cpu { .. } => Err(Refused::new(RefusalCode::BadRequest, "no")),
            _ => Ok(()),
        }
    }

    async fn inject(&self, _id: LeaseId, fault: &Fault) -> Result<(), Refused> {
        self.done.lock().unwrap().push(format!("inject {}", fault.kind()));
        let on_disk = std::fs::read_to_string(&self.state).unwrap_or_default();
        self.on_disk.lock().unwrap().push(on_disk);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.injections.lock().unwrap().pop_front().unwrap_or(Ok(()))
    }

    async fn settle(&self, fault: &Fault) {
        self.done.lock().unwrap().push(format!("settle {}", fault.kind()));
    }

    async fn heal(&self, _id: LeaseId, fault: &Fault) -> Result<String, String> {
        self.done.lock().unwrap().push(format!("heal {}", fault.kind()));
        let planned = self.healings.lock().unwrap().pop_front();
        planned.unwrap_or_else(|| Ok("it is gone".to_owned()))
    }
}

struct World {
    _folder: tempfile::TempDir,
    file: StateFile,
    effects: Arc<Pretended>,
    keeper: Keeper,
}

impl World {
    fn new(prepare: impl FnOnce(&mut Pretended)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::in_folder(folder.path()).unwrap();
        let mut effects =
            Pretended { state: folder.path().join("leases.json"), ..Pretended::default() };
        prepare(&mut effects);
        let effects = Arc::new(effects);
        let keeper = Keeper::new(effects.clone(), file.clone());
        Self { _folder: folder, file, effects, keeper }
    }

    fn done(&self) -> Vec<String> {
        self.effects.done.lock().unwrap().clone()
    }

    async fn stop(&self, component: &str) -> Result<Lease, Refused> {
        self.keeper.take(stop(component), TTL, None).await
    }
}

fn stop(component: &str) -> Fault {
    Fault::Stop { component: component.to_owned() }
}

fn how(lease: &Lease) -> Option<Ending> {
    lease.ended.as_ref().map(|ended| ended.how)
}

#[tokio::test(start_paused = true)]
async fn a_lease_expires_when_its_time_is_up() {
    let world = World::new(|_| {});
    let lease = world.stop("etcd").await.unwrap();
    assert_eq!(lease.state, LeaseState::Active);
    assert!(lease.effective_at.is_some());
    sleep(TTL - Duration::from_millis(1)).await;
    assert_eq!(world.done(), ["inject stop"]);
    sleep(Duration::from_millis(2)).await;
    assert_eq!(world.done(), ["inject stop", "heal stop"]);
    let list = world.keeper.list().await;
    assert!(list.active.is_empty());
    assert_eq!(how(&list.ended[0]), Some(Ending::Expired));
    assert_eq!(list.ended[0].state, LeaseState::Healed);
    assert_eq!(world.file.read().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_on_disk_before_its_fault() {
    let world = World::new(|_| {});
    let lease = world.stop("etcd").await.unwrap();
    let on_disk = world.effects.on_disk.lock().unwrap()[0].clone();
    assert!(on_disk.contains(&lease.id.0.to_string()), "{on_disk}");
    assert_eq!(world.file.read().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renewed_lease_lives_on() {
    let world = World::new(|_| {});
    let lease = world.stop("etcd").await.unwrap();
    for _ in 0..5 {
        sleep(TTL / 2).await;
        let renewed = world.keeper.renew(lease.id, TTL).await.unwrap();
        assert!(renewed.expires_at >= lease.expires_at);
    }
    assert_eq!(world.done(), ["inject stop"]);
    sleep(TTL + Duration::from_secs(1)).await;
    let refused = world.keeper.renew(lease.id, TTL).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::LeaseEnded);
    let refused = world.keeper.renew(LeaseId::random(), TTL).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::UnknownLease);
}

#[tokio::test(start_paused = true)]
async fn a_release_can_be_repeated() {
    let world = World::new(|_| {});
    let lease = world.stop("etcd").await.unwrap();
    let (first, second) =
        tokio::join!(world.keeper.release(lease.id), world.keeper.release(lease.id));
    let first = first.unwrap();
    assert_eq!(how(&first), Some(Ending::Released));
    assert_eq!(first.ended.as_ref().unwrap().healing.seen.as_deref(), Some("it is gone"));
    assert_eq!(second.unwrap(), first);
    assert_eq!(world.keeper.release(lease.id).await.unwrap(), first);
    assert_eq!(world.done(), ["inject stop", "heal stop"]);
    let unknown = world.keeper.release(LeaseId::random()).await.unwrap_err();
    assert_eq!(unknown.code, RefusalCode::UnknownLease);
}

#[tokio::test(start_paused = true)]
async fn leases_in_each_others_way_are_refused() {
    let world = World::new(|_| {});
    let lease = world.stop("etcd").await.unwrap();
    let refused = world.stop("etcd").await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::Conflict);
    assert_eq!(world.keeper.refuse_if_held("etcd").await.unwrap_err().code, RefusalCode::Conflict);
    world.stop("coredns").await.unwrap();
    world.keeper.release(lease.id).await.unwrap();
    world.keeper.refuse_if_held("etcd").await.unwrap();
    world.stop("etcd").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_beforehand_leaves_no_trace() {
    let world = World::new(|_| {});
    let refused = world.keeper.take(Fault::Cpu { threads: 1 }, TTL, None).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::BadRequest);
    for ttl in [Duration::ZERO, Duration::from_secs(601)] {
        let refused = world.keeper.take(stop("etcd"), ttl, None).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::BadRequest);
    }
    assert!(world.done().is_empty());
    assert!(world.keeper.list().await.ended.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_fails_is_taken_back() {
    let world = World::new(|effects| {
        effects.injections.get_mut().unwrap().push_back(Err(Refused::failed("no")))
    });
    let refused = world.stop("etcd").await.unwrap_err();
    assert_eq!(refused, Refused::failed("no"));
    assert_eq!(world.done(), ["inject stop", "settle stop", "heal stop"]);
    let list = world.keeper.list().await;
    assert_eq!(how(&list.ended[0]), Some(Ending::NotInjected));
    assert_eq!(world.file.read().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_never_takes_effect_is_given_up() {
    let world = World::new(|effects| effects.hangs = true);
    let begun = Instant::now();
    let refused = world.stop("etcd").await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::Failed);
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(world.done(), ["inject stop", "settle stop", "heal stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_healing_that_fails_is_reported_and_tried_again() {
    let fail = || Err("still there".to_owned());
    let world = World::new(|effects| effects.healings.get_mut().unwrap().extend([fail(), fail()]));
    let lease = world.stop("etcd").await.unwrap();
    let released = world.keeper.release(lease.id).await.unwrap();
    assert_eq!(released.state, LeaseState::HealFailed);
    let healing = released.ended.unwrap().healing;
    assert_eq!((healing.error.as_deref(), healing.succeeded()), (Some("still there"), false));
    assert_eq!(world.file.read().unwrap().len(), 1, "a restart must try again");
    assert_eq!(world.keeper.list().await.active.len(), 1);
    let refused = world.keeper.renew(lease.id, TTL).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::LeaseEnded);
    // Whoever asks again makes the next attempt come at once.
    let asked = Instant::now();
    let again = world.keeper.release(lease.id).await.unwrap();
    assert_eq!((again.state, asked.elapsed()), (LeaseState::HealFailed, Duration::ZERO));
    sleep(Duration::from_secs(5)).await;
    let list = world.keeper.list().await;
    assert!(list.active.is_empty());
    assert_eq!(list.ended[0].ended.as_ref().unwrap().healing.attempts, 3);
    assert_eq!(list.ended[0].state, LeaseState::Healed);
}

#[tokio::test(start_paused = true)]
async fn an_order_runs_to_its_end_without_its_caller() {
    let world = World::new(|_| {});
    let taking = world.keeper.take(stop("etcd"), TTL, None);
    // Polled once and dropped, as when a connection breaks.
    tokio::select! { biased; _ = taking => panic!("too fast"), () = async {} => {} }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.done(), ["inject stop"]);
    sleep(TTL).await;
    assert_eq!(world.done(), ["inject stop", "heal stop"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_order_twice_is_one_lease() {
    let world = World::new(|_| {});
    let id = LeaseId::random();
    let first = world.keeper.take(stop("etcd"), TTL, Some(id)).await.unwrap();
    let second = world.keeper.take(stop("etcd"), TTL, Some(id)).await.unwrap();
    assert_eq!((first.id, second), (id, first));
    let refused = world.keeper.take(stop("coredns"), TTL, Some(id)).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::Conflict);
    assert_eq!(world.done(), ["inject stop"]);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_process_left_is_healed() {
    let world = World::new(|_| {});
    world.stop("etcd").await.unwrap();
    world.stop("coredns").await.unwrap();
    // The process is gone; only the file is left.
    let mut left = world.file.read().unwrap();
    assert!(left.iter().all(|lease| lease.effective_at.is_some()));
    left[0].effective_at = None;
    let effects = Arc::new(Pretended::default());
    effects.healings.lock().unwrap().push_back(Err("not yet".to_owned()));
    let next = Keeper::new(effects.clone(), world.file.clone());
    next.recover(left, Duration::from_secs(5)).await;
    sleep(Duration::from_secs(2)).await;
    let list = next.list().await;
    assert!(list.active.is_empty());
    assert_eq!(list.ended.len(), 2);
    assert!(list.ended.iter().all(|lease| how(lease) == Some(Ending::Recovered)));
    // One fault was perhaps on its way; one healing was tried twice.
    assert_eq!(
        effects.done.lock().unwrap().iter().filter(|what| *what == "settle stop").count(),
        1
    );
    assert_eq!(effects.done.lock().unwrap().len(), 4);
    assert_eq!(world.file.read().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn the_end_heals_everything_and_takes_nothing_more() {
    let world = World::new(|_| {});
    world.stop("etcd").await.unwrap();
    world.stop("coredns").await.unwrap();
    assert!(world.keeper.close(Duration::from_secs(4)).await);
    let list = world.keeper.list().await;
    assert!(list.ended.iter().all(|lease| how(lease) == Some(Ending::Shutdown)));
    assert_eq!(world.stop("etcd").await.unwrap_err().code, RefusalCode::ShuttingDown);
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_ever() {
    let fail = || Err("still there".to_owned());
    let world = World::new(|effects| {
        effects.healings.get_mut().unwrap().extend(std::iter::repeat_with(fail).take(99));
    });
    world.stop("etcd").await.unwrap();
    assert!(!world.keeper.close(Duration::from_secs(4)).await);
    assert_eq!(world.file.read().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_last_hundred_are_remembered() {
    let world = World::new(|_| {});
    for _ in 0..105 {
        let lease = world.stop("etcd").await.unwrap();
        world.keeper.release(lease.id).await.unwrap();
    }
    assert_eq!(world.keeper.list().await.ended.len(), 100);
}
