//! Delay and rate: done where the kernel can, refused where not.

use std::time::{Duration, Instant};

use persys_faultd::{
    client::FaultError,
    protocol::{Capability, Fault},
};

use crate::{
    network::{CLIENT, PROW1, Wire},
    world::{TTL, World, code_of},
};

isolated! {
    async fn a_delay_delays_or_is_refused() {
        let world = World::new().await;
        let client = world.client();
        let delay = Fault::Delay { peers: vec![CLIENT.into()], ms: 100 };
        if !client.capabilities().await.unwrap().netem {
            assert_lacks(client.inject(delay, TTL).await, Capability::Netem);
            return;
        }
        let wire = Wire::between(&world.network, CLIENT).await;
        let other = Wire::between(&world.network, PROW1).await;
        let guard = client.inject(delay.clone(), TTL).await.unwrap();
        assert_eq!(code_of(client.inject(delay, TTL).await), "conflict");
        let begun = Instant::now();
        assert!(wire.hears_machine().await);
        assert!(begun.elapsed() >= Duration::from_millis(100));
        let begun = Instant::now();
        assert!(other.hears_machine().await);
        assert!(begun.elapsed() < Duration::from_millis(100));
        guard.heal().await.unwrap();
        assert!(!world.network.run("tc qdisc show dev eth0").contains("netem"));
    }

    async fn a_rate_bounds_or_is_refused() {
        let world = World::new().await;
        let client = world.client();
        let rate = Fault::Rate { bytes_per_second: 100_000 };
        if !client.capabilities().await.unwrap().tbf {
            assert_lacks(client.inject(rate, TTL).await, Capability::Tbf);
            return;
        }
        let guard = client.inject(rate, TTL).await.unwrap();
        assert!(world.network.run("tc qdisc show dev eth0").contains("tbf"));
        guard.heal().await.unwrap();
        assert!(!world.network.run("tc qdisc show dev eth0").contains("tbf"));
    }
}

fn assert_lacks<T: std::fmt::Debug>(outcome: Result<T, FaultError>, capability: Capability) {
    match outcome.unwrap_err() {
        FaultError::Unsupported { missing, error, .. } => {
            assert_eq!(missing, Some(capability));
            assert!(error.contains(capability.as_str()), "{error}");
        }
        other => panic!("{other}"),
    }
}
