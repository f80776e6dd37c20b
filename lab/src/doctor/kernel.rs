//! What the kernel must be able to do, found out by doing it in namespaces that
//! end with the trial.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use super::finding::Finding;

struct Trial {
    what: &'static str,
    /// A script for `/bin/sh` in namespaces of its own.
    script: &'static str,
    mend: &'static str,
}

const TRIALS: [Trial; 4] = [
    Trial {
        what: "a bridge and veth links in a network namespace",
        script: "ip link add try-bridge type bridge \
                 && ip link add try-a type veth peer name try-b \
                 && ip link set try-a master try-bridge",
        mend: "a kernel with CONFIG_BRIDGE and CONFIG_VETH (modprobe bridge veth); in a container, \
               a privileged one",
    },
    Trial {
        what: "an overlay over a tmpfs",
        script: "mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w \
                 && mount -t overlay o -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc",
        mend: "a kernel with CONFIG_OVERLAY_FS (modprobe overlay); in a container, a privileged one",
    },
    Trial {
        what: "rules of nf_tables",
        script: "nft add table inet persys",
        mend: "a kernel with CONFIG_NF_TABLES (modprobe nf_tables)",
    },
    Trial {
        what: "the address translation that Docker needs",
        script: "iptables -t nat -N PERSYS && iptables -t nat -A PERSYS -m addrtype \
                 --dst-type LOCAL -j RETURN",
        mend: "a kernel with CONFIG_NF_NAT and the xtables matches (modprobe xt_addrtype iptable_nat)",
    },
];

pub fn trials() -> Vec<Finding> {
    if let Err(complaint) = attempt("true") {
        return vec![Finding::new(
            format!("namespaces cannot be made: {complaint}"),
            "a kernel with PID, mount, network, UTS and IPC namespaces; in a container, a \
             privileged one",
        )];
    }
    let failed = |trial: &Trial| {
        let complaint = attempt(trial.script).err()?;
        Some(Finding::new(format!("the kernel refuses {}: {complaint}", trial.what), trial.mend))
    };
    TRIALS.iter().filter_map(failed).collect()
}

fn attempt(script: &str) -> Result<(), String> {
    let output = Command::new("unshare")
        .args(["--pid", "--mount", "--net", "--uts", "--ipc", "--fork", "--kill-child"])
        .args(["--mount-proc", "--", "/bin/sh", "-c", script])
        .env("PATH", crate::plan::search_path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("unshare: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; "))
}

/// The engine puts each container into a control group.
pub fn control_groups() -> Option<Finding> {
    const ROOT: &str = "/sys/fs/cgroup";
    let root = Path::new(ROOT);
    let unified = root.join("cgroup.controllers").exists();
    let separate = root.join("memory").is_dir();
    if !unified && !separate {
        return Some(Finding::new(
            format!("no control groups are mounted at {ROOT}"),
            format!("mount -t cgroup2 none {ROOT}"),
        ));
    }
    if !unified {
        return None;
    }
    // A group that is not the host's root and has processes cannot have groups
    // with controllers below it.
    let confined = root.join("cgroup.type").exists();
    let crowded = fs::read_to_string(root.join("cgroup.procs")).is_ok_and(|text| !text.is_empty());
    let controllers = fs::read_to_string(root.join("cgroup.subtree_control")).unwrap_or_default();
    (confined && crowded && !controllers.contains("memory")).then(|| {
        Finding::new(
            "the control groups here are a container's, and its processes are in the topmost one",
            "start the container with --cgroupns=host, or move its processes to a group below",
        )
    })
}
