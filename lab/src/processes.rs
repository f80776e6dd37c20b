//! Finds the processes of a lab from outside, in the host's process table.

use std::{collections::BTreeMap, fs};

struct Entry {
    parent: u32,
    args: Vec<String>,
}

/// The processes of this moment.
pub struct Processes {
    table: BTreeMap<u32, Entry>,
}

impl Processes {
    pub fn now() -> Self {
        let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
        let table = folders
            .filter_map(|folder| {
                let pid = folder.file_name().to_str()?.parse().ok()?;
                Some((pid, read(pid)?))
            })
            .collect();
        Self { table }
    }

    /// PID 1 of the lab, of which the outermost process is this.
    pub fn init(&self, outermost: u32) -> Option<u32> {
        self.find(outermost, |args| args.first().is_some_and(|word| word == "__init"))
    }

    /// PID 1 of a machine.
    pub fn machine(&self, outermost: u32, name: &str) -> Option<u32> {
        self.find(
            outermost,
            |args| matches!(args, [word, own] if word == "__machine" && own == name),
        )
    }

    /// `args` are those after the program's name. The programs that start them
    /// have the same words, but later.
    fn find(&self, ancestor: u32, fits: impl Fn(&[String]) -> bool) -> Option<u32> {
        let mut fitting =
            self.table.iter().filter(|(_, entry)| entry.args.get(1..).is_some_and(&fits));
        fitting.find(|&(&pid, _)| self.descends(pid, ancestor)).map(|(&pid, _)| pid)
    }

    fn descends(&self, mut pid: u32, ancestor: u32) -> bool {
        // A table that changes while it is read could have a loop.
        for _ in 0..64 {
            if pid == ancestor {
                return true;
            }
            match self.table.get(&pid) {
                Some(entry) if entry.parent != 0 => pid = entry.parent,
                _ => return false,
            }
        }
        false
    }
}

fn read(pid: u32) -> Option<Entry> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let args = line
        .split(|&byte| byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .filter(|word| !word.is_empty())
        .collect();
    Some(Entry { parent, args })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_lab_s_machine_is_found() {
        let entry = |parent, words: &[&str]| Entry {
            parent,
            args: words.iter().map(|&word| word.to_owned()).collect(),
        };
        let table = BTreeMap::from([
            (10, entry(1, &["persys-lab", "run"])),
            (11, entry(10, &["persys-lab", "__janitor", "lab"])),
            (12, entry(11, &["unshare", "--", "persys-lab", "__init", "lab"])),
            (13, entry(12, &["persys-lab", "__init", "lab"])),
            (14, entry(13, &["unshare", "--", "persys-lab", "__machine", "etcd"])),
            (15, entry(14, &["persys-lab", "__machine", "etcd"])),
            (20, entry(1, &["persys-lab", "run"])),
            (25, entry(20, &["persys-lab", "__machine", "etcd"])),
        ]);
        let processes = Processes { table };
        assert_eq!(processes.init(10), Some(13));
        assert_eq!(processes.machine(10, "etcd"), Some(15));
        assert_eq!(processes.machine(20, "etcd"), Some(25));
        assert_eq!(processes.machine(20, "dns"), None);
    }

    #[test]
    fn this_process_is_in_the_table() {
        let processes = Processes::now();
        assert!(processes.descends(std::process::id(), std::process::id()));
    }
}
