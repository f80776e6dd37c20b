//! Another program, run to its end, to its deadline or until nobody wants it any more.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a program that is asked to end has until it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How long the output of a program that ended is awaited; a child of its own may hold it open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much of a program's output is kept, in bytes: of the one its beginning, of the other its end.
const STDOUT_BYTES: usize = 8 << 20;
const STDERR_BYTES: usize = 64 << 10;

/// A program that ended by itself.
#[derive(Debug)]
pub struct Ended {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Why a program did not end by itself.
#[derive(Debug)]
pub enum ProcessFault {
    /// There is no such program.
    Absent,
    Run(io::Error),
    TimedOut(Duration),
    GivenUp,
}

/// Runs a command. When this returns, or is dropped, the program has ended or been told to.
pub async fn run(
    mut command: Command,
    limit: Duration,
    given_up: impl Future<Output = ()>,
) -> Result<Ended, ProcessFault> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ProcessFault::Absent,
        _ => ProcessFault::Run(error),
    })?;
    let stdout = tokio::spawn(keep_beginning(child.stdout.take()));
    let stderr = tokio::spawn(keep_end(child.stderr.take()));
    let status = tokio::select! {
        status = child.wait() => status.map_err(ProcessFault::Run),
        () = tokio::time::sleep(limit) => Err(ProcessFault::TimedOut(limit)),
        () = given_up => Err(ProcessFault::GivenUp),
    };
    if status.is_err() {
        end(&mut child).await;
    }
    let (stdout_abort, stderr_abort) = (stdout.abort_handle(), stderr.abort_handle());
    let words = timeout(LAST_WORDS, async { tokio::join!(stdout, stderr) }).await;
    stdout_abort.abort();
    stderr_abort.abort();
    let success = status?.success();
    let text = |bytes: Result<Vec<u8>, _>| {
        String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
    };
    let (stdout, stderr) = match words {
        Ok((stdout, stderr)) => (text(stdout), text(stderr)),
        Err(_) => (String::new(), String::new()),
    };
    Ok(Ended { success, stdout, stderr })
}

/// Asks the program to end, so that it can end its own children, and kills it if it does not.
async fn end(child: &mut Child) {
    let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) else { return };
    // It may have ended meanwhile; its id is not given to another as long as it is not awaited.
    let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
    if timeout(GRACE, child.wait()).await.is_err() {
        // It cannot be killed only if it has ended.
        let _ = child.kill().await;
    }
}

async fn keep_beginning(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    collect(pipe, |kept| kept.truncate(STDOUT_BYTES)).await
}

async fn keep_end(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    collect(pipe, |kept| {
        let excess = kept.len().saturating_sub(STDERR_BYTES);
        kept.drain(..excess);
    })
    .await
}

/// Reads to the end, whatever is kept of it, lest the program waits for a reader.
async fn collect(pipe: Option<impl AsyncRead + Unpin>, cut: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return kept };
    let mut part = vec![0; 16 << 10];
    while let Ok(length) = pipe.read(&mut part).await {
        if length == 0 {
            break;
        }
        kept.extend_from_slice(&part[..length]);
        cut(&mut kept);
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn what_a_program_says_is_kept() {
        let ended = run(shell("echo out; echo err >&2; exit 3"), LONG, pending()).await.unwrap();
        assert!(!ended.success);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("out\n", "err\n"));
    }

    #[tokio::test]
    async fn of_a_long_complaint_the_end_is_kept() {
        let script = "yes x | head -c 1000000 >&2; echo the end >&2";
        let ended = run(shell(script), LONG, pending()).await.unwrap();
        assert_eq!(ended.stderr.len(), STDERR_BYTES);
        assert!(ended.success && ended.stderr.ends_with("the end\n"));
    }

    #[tokio::test]
    async fn one_that_is_not_there_is_absent() {
        let absent = run(Command::new("/nowhere/program"), LONG, pending()).await;
        assert!(matches!(absent, Err(ProcessFault::Absent)), "{absent:?}");
    }

    #[tokio::test]
    async fn one_that_takes_too_long_is_ended() {
        let before = Instant::now();
        let late = run(shell("exec sleep 60"), Duration::from_millis(50), pending()).await;
        assert!(matches!(late, Err(ProcessFault::TimedOut(_))), "{late:?}");
        assert!(before.elapsed() < GRACE);
    }

    #[tokio::test]
    async fn one_that_nobody_wants_is_killed_if_it_does_not_heed() {
        let script = "trap '' TERM; while :; do sleep 0.1; done";
        let before = Instant::now();
        let unwanted = run(shell(script), LONG, tokio::time::sleep(GRACE / 20)).await;
        assert!(matches!(unwanted, Err(ProcessFault::GivenUp)), "{unwanted:?}");
        assert!(before.elapsed() < GRACE * 4);
    }

    #[tokio::test]
    async fn a_child_that_holds_the_output_open_keeps_nobody() {
        let before = Instant::now();
        let ended = run(shell("sleep 20 & echo done"), LONG, pending()).await.unwrap();
        assert!(ended.success && before.elapsed() < Duration::from_secs(5));
    }
}
