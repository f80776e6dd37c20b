//! The ends of leases: release, expiry, lost guards and lost callers.

use std::time::Duration;

use persys_faultd::{
    client::FaultError,
    protocol::{Direction, Ending, Fault, LeaseState},
};
use tokio::time::sleep;

use crate::{
    network::{CLIENT, Wire},
    world::{TTL, World, code_of, component, cut, until},
};

const SHORT: Duration = Duration::from_millis(600);

isolated! {
    async fn a_guard_renews_its_lease() {
        let world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        let guard = client.inject(cut(CLIENT, Direction::Both), SHORT).await.unwrap();
        sleep(SHORT * 3).await;
        assert_eq!(wire.both().await, (false, false));
        assert!(guard.lost().is_none());
        guard.heal().await.unwrap();
        assert_eq!(wire.both().await, (true, true));
    }

    async fn the_lease_of_a_dead_caller_runs_out() {
        let world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        // A runtime that is torn down is a process that dies: nothing is renewed or released.
        let dying = world.client();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let guard = runtime.block_on(dying.inject(cut(CLIENT, Direction::Both), SHORT));
            std::mem::forget(guard.unwrap());
            runtime.shutdown_background();
        })
        .join()
        .unwrap();
        assert_eq!(client.leases().await.unwrap().active.len(), 1);
        until("the lease runs out", async || client.leases().await.unwrap().active.is_empty()).await;
        let ended = client.leases().await.unwrap().ended;
        assert_eq!(ended[0].ended.as_ref().unwrap().how, Ending::Expired);
        assert_eq!(wire.both().await, (true, true));
        assert!(!world.tables().contains("chain"));
    }

    async fn a_dropped_guard_releases() {
        let world = World::new().await;
        let client = world.client();
        let guard = client.inject(cut(CLIENT, Direction::In), TTL).await.unwrap();
        drop(guard);
        until("the lease is released", async || client.leases().await.unwrap().active.is_empty())
            .await;
        let ended = client.leases().await.unwrap().ended;
        assert_eq!(ended[0].ended.as_ref().unwrap().how, Ending::Released);
    }

    async fn a_cancelled_injection_leaves_nothing() {
        let world = World::new().await;
        let client = world.client();
        let stop = Fault::Stop { component: component("etcd") };
        for patience in [1, 3, 10, 30] {
            let injecting = client.inject(stop.clone(), TTL);
            let _ = tokio::time::timeout(Duration::from_millis(patience), injecting).await;
            let etcd = world.supervisor.clone();
            until("etcd runs and no lease is left", async || {
                let list = client.leases().await.unwrap();
                let ended = list.ended.iter().all(|lease| lease.state == LeaseState::Healed);
                let running = etcd.component("etcd").await.state.is_running();
                list.active.is_empty() && ended && running
            })
            .await;
            // The request may have been on its way still.
            sleep(Duration::from_millis(100)).await;
        }
        assert!(world.supervisor.component("etcd").await.state.is_running());
    }

    async fn a_cancelled_healing_goes_on() {
        let world = World::new().await;
        let client = world.client();
        let guard = client.inject(cut(CLIENT, Direction::In), TTL).await.unwrap();
        let _ = tokio::time::timeout(Duration::ZERO, guard.heal()).await;
        until("the lease is released", async || client.leases().await.unwrap().active.is_empty())
            .await;
    }

    async fn a_release_can_be_repeated() {
        let world = World::new().await;
        let client = world.client();
        let guard = client.inject(cut(CLIENT, Direction::In), TTL).await.unwrap();
        let id = guard.id();
        let lease = guard.heal().await.unwrap();
        assert_eq!(client.release(id).await.unwrap(), lease);
        assert_eq!(code_of(client.renew(id, TTL).await), "lease_ended");
        let unknown = persys_faultd::protocol::LeaseId::random();
        assert_eq!(code_of(client.release(unknown).await), "unknown_lease");
    }

    async fn a_healing_that_fails_is_told_and_tried_again() {
        let world = World::new().await;
        let client = world.client();
        let stop = Fault::Stop { component: component("etcd") };
        let guard = client.inject(stop, TTL).await.unwrap();
        world.supervisor.refuse_start(true);
        let failed = guard.heal().await.unwrap_err();
        let FaultError::HealFailed { error, lease, .. } = failed else { panic!("{failed}") };
        assert!(error.contains("refused for the test"), "{error}");
        assert_eq!(lease.state, LeaseState::HealFailed);
        assert_eq!(client.leases().await.unwrap().active.len(), 1);
        world.supervisor.refuse_start(false);
        until("it is healed", async || client.leases().await.unwrap().active.is_empty()).await;
        assert!(world.supervisor.component("etcd").await.state.is_running());
    }

    async fn an_orderly_end_heals_everything() {
        let mut world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        let link = client.inject(cut(CLIENT, Direction::Both), TTL).await.unwrap();
        let pause = Fault::Pause { component: component("etcd") };
        let held = client.inject(pause, TTL).await.unwrap();
        let stop = Fault::Stop { component: component("coredns") };
        let stopped = client.inject(stop, TTL).await.unwrap();
        let (status, took) = world.daemon.take().unwrap().terminate();
        assert!(status.success(), "{status}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(wire.both().await, (true, true));
        assert!(world.supervisor.component("etcd").await.state.is_running());
        assert!(world.supervisor.component("coredns").await.state.is_running());
        drop((link, held, stopped));
    }
}
