//! The supervisor's socket.

use std::{io, rc::Rc, time::Duration};

use anyhow::{Context, Result};
use persys_faultd::supervisor::{Request, Response};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    task::spawn_local,
    time::sleep,
};

use super::supervisor::Supervisor;
use crate::paths;

/// No request is longer.
const MAX_REQUEST: u64 = 64 * 1024;
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Answers until the machine ends.
pub fn serve(supervisor: &Rc<Supervisor>) -> Result<()> {
    let listener = UnixListener::bind(paths::SUPERVISOR_SOCKET)
        .with_context(|| format!("listen at {}", paths::SUPERVISOR_SOCKET))?;
    let supervisor = supervisor.clone();
    spawn_local(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // No descriptor is left, and the next moment there is none either.
                sleep(ACCEPT_BACKOFF).await;
                continue;
            };
            let supervisor = supervisor.clone();
            // Who hangs up early does not want to know.
            spawn_local(async move { converse(stream, &supervisor).await });
        }
    });
    Ok(())
}

async fn converse(mut stream: UnixStream, supervisor: &Supervisor) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        let length = (&mut reader).take(MAX_REQUEST).read_until(b'\n', &mut line).await?;
        if length == 0 {
            return Ok(());
        }
        let response = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => supervisor.answer(&request).await,
            Err(error) => Response::refused(format!("failed to read the request: {error}")),
        };
        let mut answer = serde_json::to_vec(&response)?;
        answer.push(b'\n');
        writer.write_all(&answer).await?;
    }
}
