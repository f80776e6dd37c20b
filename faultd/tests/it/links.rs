//! Cuts and losses, seen on real packets.

use persys_faultd::protocol::{Direction, Ending, Fault, LeaseState};

use crate::{
    network::{CLIENT, MACHINE, PROW1, Wire},
    world::{TTL, World, code_of, cut, seen},
};

isolated! {
    async fn a_cut_drops_what_it_says_and_nothing_else() {
        let world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        let other = Wire::between(&world.network, PROW1).await;
        assert_eq!(wire.both().await, (true, true), "before");
        for (direction, expected) in [
            (Direction::Both, (false, false)),
            (Direction::In, (false, true)),
            (Direction::Out, (true, false)),
        ] {
            // The caller itself is cut off, and still reaches the daemon's port.
            let guard = client.inject(cut(CLIENT, direction), TTL).await.unwrap();
            assert_eq!(wire.both().await, expected, "{direction:?}");
            assert_eq!(other.both().await, (true, true), "{direction:?} of another peer");
            let lease = guard.heal().await.unwrap();
            assert_eq!(lease.state, LeaseState::Healed);
            assert_eq!(lease.ended.as_ref().unwrap().how, Ending::Released);
            assert!(seen(&lease).contains("dropped"), "{lease:?}");
            assert!(!seen(&lease).contains("dropped 0 packets"), "{lease:?}");
            assert_eq!(wire.both().await, (true, true), "after {direction:?}");
        }
    }

    async fn cuts_are_independent_of_each_other_and_of_other_tables() {
        let world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        world.network.run("nft add table inet somebody_elses");
        let first = client.inject(cut(CLIENT, Direction::Both), TTL).await.unwrap();
        let second = client.inject(cut(CLIENT, Direction::In), TTL).await.unwrap();
        first.heal().await.unwrap();
        assert_eq!(wire.both().await, (false, true));
        second.heal().await.unwrap();
        assert_eq!(wire.both().await, (true, true));
        assert!(world.tables().contains("somebody_elses"));
        assert!(!world.tables().contains("chain"), "{}", world.tables());
    }

    async fn a_loss_drops_by_chance() {
        let world = World::new().await;
        let client = world.client();
        let wire = Wire::between(&world.network, CLIENT).await;
        let all = Fault::Loss { peers: vec![CLIENT.into()], percent: 100 };
        let guard = client.inject(all, TTL).await.unwrap();
        assert_eq!(wire.both().await, (false, false));
        guard.heal().await.unwrap();
        let half = Fault::Loss { peers: vec![CLIENT.into()], percent: 50 };
        let guard = client.inject(half, TTL).await.unwrap();
        let arrived = wire.of_a_hundred().await;
        // Outside of this once in ten billion runs.
        assert!((18..=82).contains(&arrived), "{arrived} of 100");
        guard.heal().await.unwrap();
    }

    async fn only_machines_of_the_topology_can_be_cut_off() {
        let world = World::new().await;
        let client = world.client();
        for peers in [vec![], vec![[10, 77, 0, 99].into()], vec![MACHINE.into()]] {
            let refused = client.inject(Fault::Cut { peers: peers.clone(), direction: Direction::In }, TTL);
            let code = code_of(refused.await);
            let expected = if peers.is_empty() { "bad_request" } else { "unknown_peer" };
            assert_eq!(code, expected, "{peers:?}");
        }
        let silly = Fault::Loss { peers: vec![CLIENT.into()], percent: 101 };
        assert_eq!(code_of(client.inject(silly, TTL).await), "bad_request");
        assert!(!world.tables().contains("chain"));
    }
}
