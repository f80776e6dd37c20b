//! Makes the namespaces that this process was started in a machine.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, symlink},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use super::mounts;
use crate::{
    mounting, paths,
    spec::{FileSpec, MachineSpec},
};

pub fn set_up(spec: &MachineSpec) -> Result<()> {
    nix::unistd::sethostname(&spec.name).context("set the host name")?;
    configure_network(spec)?;
    mounts::arrange(&spec.name, &spec.keep)?;
    for folder in [paths::BIN, paths::HOME, paths::NOTIFY, "/run/lock", "/run/persys/lib"] {
        make_folder(Path::new(folder), 0o755)?;
    }
    for disk in &spec.disks {
        make_folder(&disk.path, 0o755)?;
        mounting::tmpfs(&disk.path, &format!("mode=755,size={}", disk.bytes))?;
    }
    for (name, program) in &spec.commands {
        let link = Path::new(paths::BIN).join(name);
        symlink(program, &link).with_context(|| format!("link {}", link.display()))?;
    }
    for file in &spec.files {
        if let Some(folder) = file.path.parent() {
            // A folder that holds secrets is as private as they are.
            make_folder(folder, if file.mode & 0o077 == 0 { 0o700 } else { 0o755 })?;
        }
        file.write()?;
    }
    forget_host_engine()?;
    for file in identity_files(spec)? {
        // On some hosts these are links into folders that are not here.
        match fs::remove_file(&file.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("replace {}", file.path.display()));
            }
            _ => file.write()?,
        }
    }
    Ok(())
}

/// A host that runs Docker has the engine's key there, by which engines know
/// themselves, and certificates of registries.
fn forget_host_engine() -> Result<()> {
    match fs::remove_dir_all("/etc/docker") {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).context("put the host's /etc/docker out of sight")
        }
        _ => Ok(()),
    }
}

fn identity_files(spec: &MachineSpec) -> Result<Vec<FileSpec>> {
    let mut user_environment = environment(spec);
    user_environment.extend(spec.user_environment.clone());
    let resolver = format!("nameserver {}\noptions timeout:1 attempts:1\n", spec.resolver);
    Ok(vec![
        FileSpec::new("/etc/hostname", 0o644, format!("{}\n", spec.name)),
        FileSpec::new("/etc/hosts", 0o644, spec.hosts.clone()),
        FileSpec::new("/etc/resolv.conf", 0o644, resolver),
        FileSpec::new(
            paths::ENVIRONMENT,
            0o600,
            serde_json::to_string(&user_environment).context("write the environment")?,
        ),
    ])
}

/// What components find in their environment, and commands too.
pub fn environment(spec: &MachineSpec) -> BTreeMap<String, String> {
    let mut environment = spec.environment.clone();
    let path = environment.get("PATH").map_or("/usr/sbin:/usr/bin:/sbin:/bin", String::as_str);
    let path = format!("{}:{path}", paths::BIN);
    for (name, value) in
        [("PATH", path.as_str()), ("HOME", paths::HOME), ("TMPDIR", "/tmp"), ("LANG", "C.UTF-8")]
    {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

fn configure_network(spec: &MachineSpec) -> Result<()> {
    let script = format!(
        "link set lo up\naddress add {}/{} dev eth0\nlink set eth0 up\n",
        spec.address, spec.prefix
    );
    ip_batch(&script)
}

/// Runs the lines as commands of `ip`.
pub fn ip_batch(script: &str) -> Result<()> {
    let mut ip = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("run ip")?;
    // The pipe closes at the end of this statement, so ip sees the end of its input.
    ip.stdin.take().context("write to ip")?.write_all(script.as_bytes()).context("write to ip")?;
    let output = ip.wait_with_output().context("wait for ip")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "set the network up: ip: {}", complaint.trim());
    Ok(())
}

fn make_folder(path: &Path, mode: u32) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .with_context(|| format!("make {}", path.display()))
}
