//! `persys-verifier bisect` and `persys-verifier judge`.

use std::{
    future::Future,
    io::{Write, stdout},
    path::{Path, PathBuf},
};

use super::{Exit, Registry, signals};
use crate::{
    bisect::{self, Bisect, BisectError, ErrorKind, JudgeArguments, Judgement},
    engine::Interrupt,
    events::timestamp,
};

pub fn bisect(registry: Registry, arguments: &Bisect) -> Exit {
    let step = arguments.judging.step.replace('/', "-");
    let folder = match prepare(arguments.judging.results.as_deref(), "bisect", &step) {
        Ok(folder) => folder,
        Err(error) => return told(&error),
    };
    let hunt = |interrupt| {
        let folder = folder.clone();
        async move { bisect::bisect(arguments, registry.scenarios, interrupt, &folder).await }
    };
    let exit = match run(hunt) {
        Ok(text) => {
            let _ = stdout().write_all(text.as_bytes());
            Exit::Passed
        }
        Err(error) => told(&error),
    };
    eprintln!("logs and results: {}", folder.display());
    exit
}

pub fn judge(registry: Registry, arguments: &JudgeArguments) -> Exit {
    let folder = match prepare(arguments.judging.results.as_deref(), "judge", "commit") {
        Ok(folder) => folder,
        Err(error) => return aborted(&error),
    };
    let judge = |interrupt| async move {
        bisect::judge(arguments, registry.scenarios, interrupt, &folder).await
    };
    // A panic's exit code would blame the commit.
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(judge)));
    match judged.unwrap_or_else(|_| Err(BisectError::environment("the verifier panicked"))) {
        Ok(Judgement::Good) => Exit::Passed,
        Ok(Judgement::Bad) => Exit::CheckFailed,
        Ok(Judgement::Skip) => Exit::CannotJudge,
        Err(error) => aborted(&error),
    }
}

/// 128 and above end a bisection: no commit is to be blamed for such errors.
pub(super) fn aborted(error: &BisectError) -> Exit {
    match told(error) {
        Exit::Usage | Exit::Environment => Exit::Aborted,
        exit => exit,
    }
}

fn told(error: &BisectError) -> Exit {
    eprintln!("error: {error}");
    match error.kind {
        ErrorKind::Usage => Exit::Usage,
        ErrorKind::CannotJudge => Exit::CannotJudge,
        ErrorKind::Interrupted => Exit::Interrupted,
        ErrorKind::Environment => Exit::Environment,
    }
}

pub(super) fn run<T, F>(work: impl FnOnce(Interrupt) -> F) -> Result<T, BisectError>
where
    F: Future<Output = Result<T, BisectError>>,
{
    let failed = |error| BisectError::environment(format!("failed to start: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(failed)?;
    let result = runtime.block_on(async {
        let interrupt = Interrupt::default();
        signals::watch(interrupt.clone()).map_err(failed)?;
        work(interrupt).await
    });
    runtime.shutdown_background();
    result
}

/// An absolute folder that nobody else uses.
fn prepare(named: Option<&Path>, kind: &str, name: &str) -> Result<PathBuf, BisectError> {
    let folder = match named {
        Some(folder) => folder.to_owned(),
        None => {
            let now = timestamp(time::OffsetDateTime::now_utc());
            let now: String = now.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
            let id = std::process::id();
            Path::new("results").join(kind).join(format!("{now}-{name}-{id}"))
        }
    };
    let failed = |error: std::io::Error| {
        BisectError::usage(format!("failed to prepare {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let mut entries = std::fs::read_dir(&folder).map_err(failed)?;
    if entries.next().is_some() {
        let shown = folder.display();
        return Err(BisectError::usage(format!("--results {shown}: name an empty folder")));
    }
    std::path::absolute(&folder).map_err(failed)
}
