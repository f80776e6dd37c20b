//! A listener under all attacks at once.

use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::time::{sleep, timeout};

use crate::{
    Listener, Process, crowd::Crowd, garbage::garbage, nonsense::nonsense, seed::generator,
    slow::SlowCallers,
};

/// A proper client waits no longer than this: less than the time after which a
/// listener gives up one silent handshake after the other.
const SERVED_WITHIN: Duration = Duration::from_secs(8);
/// How long after the attack everything may be held.
const BACK_WITHIN: Duration = Duration::from_secs(30);
/// What allocators keep, and no attack that is remembered.
const KEPT: u64 = 64 << 20;

/// Attacks a listener of a process with a crowd of silent callers, slow ones, garbage and
/// nonsense. Meanwhile and afterwards `proper`, which panics when it is refused, is
/// served, and at the end every connection is gone and the memory is what it was.
pub async fn survives(listener: &Listener, process: Process, proper: impl AsyncFn()) {
    allow_many_descriptors();
    let mut random = generator();
    let served = async |when: &str| {
        let asked = timeout(SERVED_WITHIN, proper());
        asked.await.unwrap_or_else(|_| panic!("a proper client is not served {when}"));
    };
    served("before the attack").await;
    let port = listener.address.port();
    let (connections, memory) = (process.connections_to(port), process.memory());

    let slow = SlowCallers::call(listener).await;
    served("among slow callers").await;
    let crowd = Crowd::gather(listener).await;
    served("in a crowd").await;
    garbage(listener, &mut random).await;
    served("after garbage").await;
    nonsense(listener, &mut random).await;
    served("after nonsense").await;
    drop((crowd, slow));

    let deadline = Instant::now() + BACK_WITHIN;
    loop {
        let left = process.connections_to(port);
        if left <= connections {
            break;
        }
        assert!(Instant::now() < deadline, "{left} connections are kept, before {connections}");
        sleep(Duration::from_millis(100)).await;
    }
    served("after the attack").await;
    // In the test's own process others use memory as well.
    if process.pid != std::process::id() {
        let now = process.memory();
        assert!(now < memory + KEPT, "{now} bytes of memory are kept, before {memory}");
    }
}

/// Both ends of a crowd may be in one process.
fn allow_many_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    // Where it may not be raised, connecting tells.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
