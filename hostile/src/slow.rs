//! Callers that take their time.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, task::JoinSet, time::sleep};

use crate::{Connection, Listener};

/// Of each kind.
const CALLERS: usize = 20;
/// Between two bytes.
const PAUSE: Duration = Duration::from_millis(100);

/// Callers that send a byte at a time, of a head or of a body, until they are sent away
/// or this is dropped.
pub(crate) struct SlowCallers {
    _tasks: JoinSet<()>,
}

impl SlowCallers {
    pub(crate) async fn call(listener: &Listener) -> Self {
        let mut tasks = JoinSet::new();
        for head in [
            "POST /nowhere HTTP/1.1\r\nhost: x\r\nslow: ",
            "POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n",
            "POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffff\r\n",
        ] {
            for _ in 0..CALLERS {
                let mut connection = listener.connect().await.unwrap();
                tasks.spawn(async move { trickle(&mut connection, head).await });
            }
        }
        Self { _tasks: tasks }
    }
}

async fn trickle(connection: &mut Box<dyn Connection>, head: &str) {
    if connection.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    while connection.write_all(b"x").await.is_ok() && connection.flush().await.is_ok() {
        sleep(PAUSE).await;
    }
}
