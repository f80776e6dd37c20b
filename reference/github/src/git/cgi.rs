//! Runs `git http-backend` as a web server would (`git-http-backend(1)`).

use std::{net::IpAddr, process::Stdio, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, Method, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    time::timeout,
};

use super::{Git, GitError, cgi_head::read_head};
use crate::page;

/// How long the program or the client may be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest body: a fetch only lists commits, it sends none.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// How much of the program's complaints is logged.
const COMPLAINTS: u64 = 4096;
const PART: usize = 32 * 1024;

/// What the program is told of a request.
pub struct CgiRequest<'a> {
    pub method: &'a Method,
    /// Below the folder of the repositories.
    pub path: String,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub peer: Option<IpAddr>,
}

/// Answers a request with what the program says. The program ends with the client.
pub async fn run(git: &Git, request: CgiRequest<'_>, body: Body) -> Result<Response, GitError> {
    let mut command = git.command();
    command
        .arg("http-backend")
        .env("GATEWAY_INTERFACE", "CGI/1.1")
        .env("SERVER_PROTOCOL", "HTTP/1.1")
        .env("GIT_PROJECT_ROOT", git.root())
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", request.method.as_str())
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", request.query)
        .env("REMOTE_ADDR", request.peer.map(|peer| peer.to_string()).unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, variable) in [
        (header::CONTENT_TYPE, "CONTENT_TYPE"),
        (header::CONTENT_LENGTH, "CONTENT_LENGTH"),
        (header::CONTENT_ENCODING, "HTTP_CONTENT_ENCODING"),
        (HeaderName::from_static("git-protocol"), "GIT_PROTOCOL"),
    ] {
        if let Some(value) = request.headers.get(name).and_then(|value| value.to_str().ok()) {
            command.env(variable, value);
        }
    }
    let failed = |problem: &str| GitError::Refused {
        command: "http-backend".to_owned(),
        problem: problem.to_owned(),
    };
    let mut child = command
        .spawn()
        .map_err(|cause| GitError::Run { program: "git http-backend".into(), cause })?;
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
        return Err(failed("it has no streams"));
    };
    tokio::spawn(feed(stdin, body));
    tokio::spawn(complain(stderr));

    let mut stdout = BufReader::with_capacity(PART, stdout);
    let head = timeout(PATIENCE, read_head(&mut stdout))
        .await
        .map_err(|_| failed("it is silent"))?
        .ok_or_else(|| failed("it gave no answer"))?;
    let answer = Body::from_stream(stream::unfold(Some((stdout, child)), next_part));
    Ok((head.status, head.headers, answer).into_response())
}

/// Hands the body on; stops when it is too large or the program wants no more.
async fn feed(mut stdin: ChildStdin, body: Body) {
    let mut parts = body.into_data_stream();
    let mut sent = 0;
    while let Ok(Some(Ok(part))) = timeout(PATIENCE, parts.next()).await {
        sent += part.len();
        if sent > LARGEST_BODY {
            tracing::warn!(reason = "too_large", "broke off a body to Git");
            return;
        }
        if !matches!(timeout(PATIENCE, stdin.write_all(&part)).await, Ok(Ok(()))) {
            return;
        }
    }
}

async fn complain(stderr: ChildStderr) {
    let mut text = Vec::new();
    let mut limited = stderr.take(COMPLAINTS);
    // What comes after a failure to read is of no use.
    let _ = limited.read_to_end(&mut text).await;
    let text = String::from_utf8_lossy(&text);
    if !text.trim().is_empty() {
        tracing::warn!(said = text.trim(), "Git complained");
    }
}

type Answering = Option<(BufReader<ChildStdout>, Child)>;

async fn next_part(state: Answering) -> Option<(std::io::Result<Bytes>, Answering)> {
    let (mut stdout, mut child) = state?;
    let mut part = vec![0; PART];
    match timeout(PATIENCE, stdout.read(&mut part)).await {
        Ok(Ok(0)) => {
            // It has closed its output, so that it ends at once.
            let _ = timeout(PATIENCE, child.wait()).await;
            None
        }
        Ok(Ok(length)) => {
            part.truncate(length);
            Some((Ok(part.into()), Some((stdout, child))))
        }
        Ok(Err(error)) => Some((Err(error), None)),
        Err(_) => Some((Err(std::io::ErrorKind::TimedOut.into()), None)),
    }
}

/// What a client sees when Git failed.
pub fn failure(error: &GitError) -> Response {
    tracing::error!(%error, "failed to serve a repository");
    page::failed()
}
