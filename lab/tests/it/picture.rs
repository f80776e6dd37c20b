//! What can be seen on a lab's machines of any fault, without asking a fault daemon.

use std::{collections::BTreeMap, fs, process::Command, thread};

use persys_faultd::supervisor::Request;

use crate::{
    lab::{Lab, Supervisor},
    snapshot,
};

/// On the machine itself: the packet filter, the queues of its interfaces, files that fill a disk,
/// processes that take memory or processor time, and how each component's process is kept.
const LOOK: &str = r"
nft list ruleset | sed -E 's/packets [0-9]+ bytes [0-9]+//'
tc qdisc show | grep -E 'netem|tbf|prio|htb' | sed -E 's/ [0-9a-f]+: / /; s/refcnt [0-9]+//'
find /run/persys -maxdepth 5 -name '.persys-faultd-fill-*' -printf 'fills %h\n'
for process in /proc/[0-9]*; do
    words=$(tr '\0' ' ' < $process/cmdline) || continue
    case $words in
    '/proc/self/exe hold '*) echo takes what others need ;;
    esac
    name=$(cat $process/comm) || continue
    case $name in
    etcd | coredns | prow-scheduler | api-gateway | persys-agent | persys-github | dockerd)
        echo $name $(grep State $process/status) $(grep 'open files' $process/limits) ;;
    esac
done 2> /dev/null | sed -E 's/State: [RSDI] \([a-z ]*\)/goes/' | sort
true
";

/// The state of every machine, a text each.
pub type Picture = BTreeMap<String, String>;

/// Somebody who looks at a lab's machines again and again.
pub struct Viewer<'a> {
    lab: &'a Lab,
    machines: BTreeMap<String, (u64, Supervisor)>,
}

impl<'a> Viewer<'a> {
    pub fn of(lab: &'a Lab) -> Self {
        let status = lab.status();
        let machines = status["machines"].as_array().unwrap();
        let names = machines.iter().map(|machine| machine["name"].as_str().unwrap());
        let known = |name: &str| (name.to_owned(), (lab.pid(name), lab.supervisor(name)));
        Self { lab, machines: names.map(known).collect() }
    }

    pub fn picture(&self) -> Picture {
        thread::scope(|scope| {
            let looks: Vec<_> = self
                .machines
                .iter()
                .map(|(machine, (pid, supervisor))| {
                    (machine.clone(), scope.spawn(|| self.machine(machine, *pid, supervisor)))
                })
                .collect();
            looks.into_iter().map(|(machine, look)| (machine, look.join().unwrap())).collect()
        })
    }

    /// Not by the lab's own means, which look for the machine anew each time.
    fn machine(&self, machine: &str, pid: u64, supervisor: &Supervisor) -> String {
        let mut look = Command::new("nsenter");
        look.args(["--target", &pid.to_string(), "--mount", "--net", "--pid", "--"]);
        let output = look.args(["sh", "-c", LOOK]).output().unwrap();
        assert!(output.status.success(), "{machine}: {output:?}");
        let mut picture = String::from_utf8_lossy(&output.stdout).into_owned();
        // A table stays for the next fault; without a chain in it no packet is touched.
        for family in ["inet", "netdev"] {
            picture = picture.replace(&format!("table {family} persys_faultd {{\n}}\n"), "");
        }
        for component in supervisor.ask(&Request::List).unwrap() {
            picture += &format!("\n{} is {:?}", component.name, component.state);
        }
        for (group, limit) in memory_limits(&self.lab.name) {
            if group.ends_with(&format!("/{machine}")) {
                picture += &format!("\nthe containers may take {limit}");
            }
        }
        picture
    }
}

/// The limits of the control groups above the containers'.
fn memory_limits(lab: &str) -> Vec<(String, String)> {
    let mut limits = Vec::new();
    for folder in snapshot::control_groups(lab) {
        let Ok(below) = fs::read_dir(&folder) else { continue };
        for group in below.flatten().map(|entry| entry.path()) {
            for file in ["memory.max", "memory.limit_in_bytes"] {
                if let Ok(limit) = fs::read_to_string(group.join(file)) {
                    limits.push((group.display().to_string(), limit.trim().to_owned()));
                }
            }
        }
    }
    limits
}
