//! The test images, made in memory from the host's static busybox and imported
//! into the machine's Docker Engine.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tar::{Builder, EntryType, Header};
use tokio::{net::UnixStream, time::timeout};

use crate::spec::ImageSpec;

const ENGINE: &str = "/run/docker.sock";
const PATIENCE: Duration = Duration::from_secs(20);
/// Folders that programs expect.
const FOLDERS: [&str; 6] = ["dev", "proc", "root", "sys", "tmp", "var"];

/// Loads them one after the other.
pub async fn load(images: &[ImageSpec]) -> Result<()> {
    for image in images {
        timeout(PATIENCE, import(image))
            .await
            .context("hear from the engine in time")
            .flatten()
            .with_context(|| format!("load the image {}", image.reference))?;
    }
    Ok(())
}

async fn import(image: &ImageSpec) -> Result<()> {
    let root = root_file_system(image)?;
    let (name, tag) = image.reference.rsplit_once(':').unwrap_or((&image.reference, "latest"));
    let command = format!("CMD {}", serde_json::to_string(&image.command)?);
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let target = format!(
        "/images/create?fromSrc=-&repo={}&tag={}&changes={}",
        encode(name),
        encode(tag),
        encode(&command)
    );
    let stream = UnixStream::connect(ENGINE).await.context("connect to the engine")?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the sender; its errors come out at the requests too.
    tokio::task::spawn_local(connection);
    let request = Request::post(target)
        .header("host", "docker")
        .header("content-type", "application/x-tar")
        .body(Full::new(Bytes::from(root)))?;
    let response = sender.send_request(request).await.context("ask the engine")?;
    let status = response.status();
    let body = response.into_body().collect().await.context("hear the engine out")?.to_bytes();
    let text = String::from_utf8_lossy(&body);
    ensure!(status == StatusCode::OK, "the engine answered {status}: {}", text.trim());
    // A failure after the answer has begun is in the body.
    if text.contains("\"errorDetail\"") {
        bail!("the engine said: {}", text.trim());
    }
    Ok(())
}

fn root_file_system(image: &ImageSpec) -> Result<Vec<u8>> {
    let busybox =
        fs::read(&image.busybox).with_context(|| format!("read {}", image.busybox.display()))?;
    let mut archive = Builder::new(Vec::new());
    for folder in FOLDERS {
        let mode = if folder == "tmp" { 0o1777 } else { 0o755 };
        archive.append_data(&mut header(EntryType::Directory, mode, 0), folder, &[][..])?;
    }
    file(&mut archive, "bin/busybox", 0o755, &busybox)?;
    for applet in applets(&image.busybox)? {
        if applet.ends_with("bin/busybox") {
            continue;
        }
        let mut link = header(EntryType::Symlink, 0o777, 0);
        archive.append_link(&mut link, &applet, "/bin/busybox")?;
    }
    file(&mut archive, "etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\n")?;
    file(&mut archive, "etc/group", 0o644, b"root:x:0:\n")?;
    for extra in &image.files {
        let path = extra.path.strip_prefix("/").unwrap_or(&extra.path);
        file(&mut archive, path, extra.mode, extra.contents.as_bytes())?;
    }
    Ok(archive.into_inner()?)
}

/// Where busybox wants to be found, such as `usr/sbin/httpd`.
fn applets(busybox: &Path) -> Result<Vec<String>> {
    let output = Command::new(busybox).arg("--list-full").output().context("run busybox")?;
    ensure!(output.status.success(), "list the applets of {}", busybox.display());
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn file(
    archive: &mut Builder<Vec<u8>>,
    path: impl AsRef<Path>,
    mode: u32,
    contents: &[u8],
) -> Result<()> {
    let mut header = header(EntryType::Regular, mode, contents.len() as u64);
    Ok(archive.append_data(&mut header, path, contents)?)
}

/// Without times, so that the same busybox makes the same image.
fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header
}
