//! One Docker Engine per agent, all of its state inside its machine.

use std::path::{Path, PathBuf};

use persys_contract::topology::TestImage;

use super::site::Site;
use crate::{
    cgroups, paths,
    spec::{ComponentSpec, DiskSpec, FileSpec, ImageSpec, Part, Readiness},
};

/// The disk with all images and containers of an engine: room for a hundred times what
/// the test images take, and little enough for any host to lose when it is filled.
pub const DISK_BYTES: u64 = 256 << 20;

const PAGE: &str = "persys test page\n";

pub fn docker(site: &Site, program: PathBuf, busybox: Option<PathBuf>) -> ComponentSpec {
    let data = site.data("docker");
    let configuration = data.join("daemon.json");
    let mut args = vec![
        // Not the host's.
        format!("--config-file={}", configuration.display()),
        format!("--data-root={}", disk().path.display()),
        "--exec-root=/run/docker".to_owned(),
        "--pidfile=/run/docker.pid".to_owned(),
        "--host=unix:///run/docker.sock".to_owned(),
        format!("--host=tcp://{}", site.address(site.topology.ports.docker)),
        "--storage-driver=overlay2".to_owned(),
        "--exec-opt=native.cgroupdriver=cgroupfs".to_owned(),
        format!("--cgroup-parent={}", cgroup(site)),
    ];
    if site.topology.docker.tls {
        args.extend([
            "--tlsverify".to_owned(),
            format!("--tlscacert={}", site.credential("ca.crt")),
            format!("--tlscert={}", site.credential("docker.crt")),
            format!("--tlskey={}", site.credential("docker.key")),
        ]);
    } else {
        args.push("--tls=false".to_owned());
    }
    let mut spec = ComponentSpec::new("docker", Part::Infrastructure, program, Readiness::Notify)
        .with_args(args);
    spec.files.push(FileSpec::new(configuration, 0o644, "{}\n"));
    spec.stale.push("/run/docker.pid".into());
    spec.images = busybox.map(|busybox| images(site, &busybox)).unwrap_or_default();
    // It gives each container ten seconds of its own.
    spec.stop_patience = std::time::Duration::from_secs(20);
    spec
}

/// The disk that an agent's machine has for its engine.
pub fn disk() -> DiskSpec {
    DiskSpec { path: paths::data("docker").join("data"), bytes: DISK_BYTES }
}

/// The control group that all containers of a machine are below.
pub fn cgroup(site: &Site) -> String {
    format!("/{}/{}", cgroups::folder(site.lab), site.name)
}

fn images(site: &Site, busybox: &Path) -> Vec<ImageSpec> {
    let image = |image, command: &[&str], files| ImageSpec {
        reference: site.topology.image(image).to_owned(),
        busybox: busybox.to_owned(),
        command: command.iter().map(|&word| word.to_owned()).collect(),
        files,
    };
    let page = FileSpec::new("/www/index.html", 0o644, PAGE);
    vec![
        image(TestImage::Web, &["httpd", "-f", "-p", "80", "-h", "/www"], vec![page]),
        image(TestImage::Worker, &["sh"], Vec::new()),
    ]
}
