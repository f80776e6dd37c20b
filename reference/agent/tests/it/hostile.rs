//! Callers that behave badly.

use persys_hostile::{Listener, survives};

use crate::agent::TestAgent;
use crate::engine::TestEngine;

/// Its listener has no TLS: whoever reaches it may say what he likes, and is not obeyed.
#[tokio::test(flavor = "multi_thread")]
async fn schedulers_are_heard_whatever_comes_beside_them() {
    // Without Docker it answers all the same.
    let engine = TestEngine::away();
    let agent = TestAgent::start_with(&engine, &[("CENTRAL_URL", "http://127.0.0.1:9")]).await;
    let listener = Listener::plain(agent.address);
    survives(&listener, agent.process(), async || {
        let unavailable = agent.list().await.unwrap_err();
        assert_eq!(unavailable.status(), Some(503), "{unavailable}");
    })
    .await;
}
