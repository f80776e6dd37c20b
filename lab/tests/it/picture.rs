//! What can be seen on a lab's machines of any fault, without asking a fault daemon.

use std::{collections::BTreeMap, fs, thread};

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
    supervisors: BTreeMap<String, Supervisor>,
}

impl<'a> Viewer<'a> {
    pub fn of(lab: &'a Lab) -> Self {
        let status = lab.status();
        let machines = status["machines"].as_array().unwrap();
        let names = machines.iter().map(|machine| machine["name"].as_str().unwrap());
        let supervisors = names.map(|name| (name.to_owned(), lab.supervisor(name))).collect();
        Self { lab, supervisors }
    }

    pub fn picture(&self) -> Picture {
        thread::scope(|scope| {
            let looks: Vec<_> = self
                .supervisors
                .keys()
                .map(|machine| (machine.clone(), scope.spawn(|| self.machine(machine))))
                .collect();
            looks.into_iter().map(|(machine, look)| (machine, look.join().unwrap())).collect()
        })
    }

    fn machine(&self, machine: &str) -> String {
        let mut picture = self.lab.on(machine, LOOK);
        // A table stays for the next fault; without a chain in it no packet is touched.
        for family in ["inet", "netdev"] {
            picture = picture.replace(&format!("table {family} persys_faultd {{\n}}\n"), "");
        }
        for component in self.supervisors[machine].ask(&Request::List).unwrap() {
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
