//! The files of `nix-support/`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{field, metrics::metrics, products::products};
use crate::{
    atomic_file::replace_file,
    events::RunOutcome,
    report::{ResultsFolder, RunSummary},
};

/// Why the files were not written; follows "failed to write Hydra's files".
#[derive(Debug, thiserror::Error)]
pub enum HydraError {
    #[error("{}: no absolute path, such as the store output's", .0.display())]
    Relative(PathBuf),
    #[error("{}: lies outside of {}; name the folder that holds the results", results.display(), output.display())]
    Outside { results: PathBuf, output: PathBuf },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Writes `<output>/nix-support/` for results that lie in `output`, the output of
/// a derivation. The paths within begin with `output` as it is given.
pub fn write_hydra_files(
    output: &Path,
    folder: &ResultsFolder,
    run: &RunSummary,
) -> Result<(), HydraError> {
    if !output.is_absolute() {
        return Err(HydraError::Relative(output.to_owned()));
    }
    let results = within(output, folder.path())?;
    let support = output.join("nix-support");
    let put = |name: &str, content: &str| {
        let path = support.join(name);
        replace_file(&path, content.as_bytes()).map_err(|source| HydraError::Io { path, source })
    };
    fs::create_dir_all(&support)
        .map_err(|source| HydraError::Io { path: support.clone(), source })?;
    put("hydra-build-products", &products(&results))?;
    put("hydra-metrics", &metrics(run))?;
    let platform = field::name(&run.started.platform);
    put("hydra-release-name", &format!("persys-e2e-{platform}-{}\n", run.started.profile))?;
    if run.outcome() == RunOutcome::Passed {
        let path = support.join("failed");
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(HydraError::Io { path, source })
            }
            _ => Ok(()),
        }
    } else {
        put("failed", "")
    }
}

/// The results' path, spelled with `output` in front.
fn within(output: &Path, results: &Path) -> Result<PathBuf, HydraError> {
    let real = |path: &Path| {
        path.canonicalize().map_err(|source| HydraError::Io { path: path.to_owned(), source })
    };
    let (real_output, real_results) = (real(output)?, real(results)?);
    match real_results.strip_prefix(&real_output) {
        Ok(rest) if rest.as_os_str().is_empty() => Ok(output.to_owned()),
        Ok(rest) => Ok(output.join(rest)),
        Err(_) => Err(HydraError::Outside { results: results.into(), output: output.into() }),
    }
}
