//! Reads a piece of a log by byte offset.

use std::{
    io::SeekFrom,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt, AsyncSeekExt},
    process,
    time::timeout,
};

use super::BackendError;
use crate::{machine::CommandError, protocol::LogChunk};

/// How long the journal may take.
const JOURNAL_TIMEOUT: Duration = Duration::from_secs(4);

/// A piece of a file. A file that is not there yet is empty.
pub(super) async fn read_file(
    path: PathBuf,
    offset: u64,
    max: u64,
) -> Result<LogChunk, BackendError> {
    match read_existing(&path, offset, max).await {
        Ok(chunk) => Ok(chunk),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(chunk(0, 0, Vec::new())),
        Err(source) => Err(BackendError::Log { path, source }),
    }
}

async fn read_existing(path: &Path, offset: u64, max: u64) -> std::io::Result<LogChunk> {
    let mut file = File::open(path).await?;
    let size = file.metadata().await?.len();
    let offset = offset.min(size);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset)).await?;
    file.take(max.min(LogChunk::MAX_BYTES)).read_to_end(&mut bytes).await?;
    Ok(chunk(offset, size, bytes))
}

/// A piece of what a program prints, as if it were a file.
pub(super) async fn read_output(
    mut command: process::Command,
    offset: u64,
    max: u64,
) -> Result<LogChunk, BackendError> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let start = |source| CommandError::Start { program: program.clone(), source };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(start)?;
    let Some(mut output) = child.stdout.take() else {
        return Ok(chunk(0, 0, Vec::new()));
    };
    let reading = async {
        let skipped = skip(&mut output, offset).await?;
        let mut bytes = Vec::new();
        (&mut output).take(max.min(LogChunk::MAX_BYTES)).read_to_end(&mut bytes).await?;
        let behind = skip(&mut output, u64::MAX).await?;
        Ok(chunk(skipped, skipped + bytes.len() as u64 + behind, bytes))
    };
    let within = JOURNAL_TIMEOUT;
    let read = timeout(within, reading)
        .await
        .map_err(|_| CommandError::Timeout { program: program.clone(), within })?;
    let read = read.map_err(start)?;
    // It has ended: its output has.
    let _ = child.wait().await;
    Ok(read)
}

async fn skip(output: &mut (impl AsyncRead + Unpin), bytes: u64) -> std::io::Result<u64> {
    tokio::io::copy(&mut output.take(bytes), &mut tokio::io::sink()).await
}

/// Cuts where a character begins, so that no reader gets half of one.
fn chunk(offset: u64, size: u64, mut bytes: Vec<u8>) -> LogChunk {
    let end = offset + bytes.len() as u64;
    if let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
        && error.valid_up_to() > 0
    {
        bytes.truncate(error.valid_up_to());
    }
    let next = offset + bytes.len() as u64;
    LogChunk {
        offset,
        next,
        size: size.max(end),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

#[cfg(test)]
#[path = "log_reader_tests.rs"]
mod tests;
