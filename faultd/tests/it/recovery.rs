//! `kill -9` of the daemon during faults: the next one heals what it finds.

use std::time::Duration;

use persys_faultd::{
    client::FaultError,
    protocol::{Action, ComponentState, Direction, Ending, Fault, LeaseState},
};
use tokio::time::sleep;

use crate::{
    network::{CLIENT, Wire},
    world::{TTL, World, component, cut, until},
};

isolated! {
    async fn everything_is_healed_after_a_kill() {
        let mut world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        let pid = world.supervisor.component("etcd").await.pid;
        let link = client.inject(cut(CLIENT, Direction::Both), TTL).await.unwrap();
        let held = client.inject(Fault::Pause { component: component("etcd") }, TTL).await.unwrap();
        let stopped =
            client.inject(Fault::Stop { component: component("coredns") }, TTL).await.unwrap();
        world.daemon.take().unwrap().kill();
        // Nobody is there to heal, and nothing is healed.
        assert_eq!(wire.both().await, (false, false));
        assert_eq!(world.supervisor.component("etcd").await.state, ComponentState::Paused);
        assert_eq!(world.supervisor.component("coredns").await.state, ComponentState::Stopped);
        world.start_daemon().await;
        assert_eq!(wire.both().await, (true, true));
        assert!(!world.tables().contains("persys_faultd"), "{}", world.tables());
        let etcd = world.supervisor.component("etcd").await;
        assert_eq!((etcd.state, etcd.pid), (ComponentState::Ready, pid));
        assert!(world.supervisor.component("coredns").await.state.is_running());
        let list = client.leases().await.unwrap();
        assert!(list.active.is_empty());
        assert_eq!(list.ended.len(), 3);
        for lease in &list.ended {
            assert_eq!(lease.ended.as_ref().unwrap().how, Ending::Recovered);
            assert_eq!(lease.state, LeaseState::Healed);
        }
        // Whoever held them learns that they were not in effect all the time.
        for guard in [link, held, stopped] {
            let error = guard.heal().await.unwrap_err();
            let early = matches!(error, FaultError::EndedEarly { how: Ending::Recovered, .. });
            assert!(early, "{error}");
        }
    }

    async fn a_kill_in_the_midst_of_faults_leaves_nothing() {
        let mut world = World::new().await;
        let client = world.client();
        for round in 0..6 {
            let mut orders = Vec::new();
            for fault in [
                Fault::Kill { component: component("etcd") },
                Fault::Pause { component: component("coredns") },
                cut(CLIENT, Direction::Out),
            ] {
                let client = client.clone();
                orders.push(tokio::spawn(async move { client.inject(fault, TTL).await.map(std::mem::forget) }));
            }
            sleep(Duration::from_millis(round * 7)).await;
            world.kill_and_start_daemon().await;
            for order in orders {
                order.abort();
            }
            // An order that was on its way when the first daemon died may reach the second.
            let (etcd, coredns) = (world.supervisor.clone(), world.supervisor.clone());
            for lease in client.leases().await.unwrap().active {
                client.release(lease.id).await.unwrap();
            }
            until("all is well", async || {
                etcd.component("etcd").await.state.is_running()
                    && coredns.component("coredns").await.state.is_running()
            })
            .await;
            assert!(!world.tables().contains("chain"), "round {round}: {}", world.tables());
        }
    }

    async fn a_stop_that_outlives_the_daemon_is_healed() {
        let mut world = World::new().await;
        let client = world.client();
        world.supervisor.stop_slowly();
        let stop = Fault::Stop { component: component("etcd") };
        let order = tokio::spawn(async move { client.inject(stop, TTL).await });
        let state = world.folder.path().join("state/leases.json");
        until("the lease is noted", async || {
            std::fs::read_to_string(&state).is_ok_and(|text| text.contains("injecting"))
        })
        .await;
        sleep(Duration::from_millis(200)).await;
        world.kill_and_start_daemon().await;
        // The supervisor goes on with what it was told.
        sleep(Duration::from_millis(1500)).await;
        assert!(world.supervisor.component("etcd").await.state.is_running());
        order.abort();
    }

    async fn rules_of_nobody_are_removed() {
        let mut world = World::new().await;
        world.daemon.take().unwrap().kill();
        world.network.run("nft add table inet persys_faultd");
        world.network.run("nft 'add chain inet persys_faultd in_x { type filter hook input priority 0; policy drop; }'");
        std::fs::write(world.folder.path().join("state/leases.json"), "{\"schema\":1,\"lea").unwrap();
        world.start_daemon().await;
        assert!(!world.tables().contains("persys_faultd"));
        assert!(world.client().leases().await.unwrap().active.is_empty());
    }

    async fn the_daemon_can_be_told_to_die() {
        let mut world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        let ttl = Duration::from_secs(3);
        let guard = client.inject(cut(CLIENT, Direction::Both), ttl).await.unwrap();
        client.act(Action::Kill { component: component("persys-faultd") }).await.unwrap();
        let status = world.daemon.take().unwrap().wait();
        assert!(!status.success());
        world.start_daemon().await;
        assert_eq!(wire.both().await, (true, true));
        until("the guard notices", async || guard.lost().is_some()).await;
    }
}
