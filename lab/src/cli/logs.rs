//! `persys-lab logs`.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::time::{MissedTickBehavior, interval};

use super::{args::Logs as Args, exit, find};
use crate::{names, outermost::Logs};

const POLL: Duration = Duration::from_millis(100);

pub async fn logs(args: Args) -> Result<u8> {
    let report = find::find(&args.which).await?;
    find::machine(&report, &args.machine)?;
    let logs = Logs::open(report.pid)?;
    let files = files(&logs, &args)?;
    let many = files.len() > 1;
    let mut shown: BTreeMap<PathBuf, u64> = BTreeMap::new();
    let mut last = None;
    for path in &files {
        show_news(path, many, &mut shown, &mut last)?;
    }
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Until the lab ends, or this process is interrupted.
    while args.follow && names::living()?.contains(&report.name) {
        ticks.tick().await;
        for path in &files {
            show_news(path, many, &mut shown, &mut last)?;
        }
    }
    Ok(exit::DONE)
}

fn files(logs: &Logs, args: &Args) -> Result<Vec<PathBuf>> {
    let folder = logs.path().join(&args.machine);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| format!("read the logs of {}", args.machine))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let Some(component) = &args.component else { return Ok(files) };
    let wanted = logs.file(&args.machine, component);
    if !files.contains(&wanted) {
        let known: Vec<_> = files.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
        bail!("show {component}: on {} log {}", args.machine, known.join(", "));
    }
    Ok(vec![wanted])
}

/// With a heading as `tail` has it when the file changes.
fn show_news(
    path: &PathBuf,
    many: bool,
    shown: &mut BTreeMap<PathBuf, u64>,
    last: &mut Option<PathBuf>,
) -> Result<()> {
    let offset = shown.entry(path.clone()).or_default();
    let mut news = Vec::new();
    let read = || -> io::Result<usize> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(*offset))?;
        file.read_to_end(&mut news)
    };
    let length = read_or_gone(read).with_context(|| format!("read {}", path.display()))?;
    if length == 0 {
        return Ok(());
    }
    *offset += length as u64;
    let mut stdout = io::stdout().lock();
    if many && last.as_ref() != Some(path) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(stdout, "==> {name} <==")?;
        *last = Some(path.clone());
    }
    stdout.write_all(&news)?;
    Ok(stdout.flush()?)
}

fn read_or_gone(read: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        result => result,
    }
}
