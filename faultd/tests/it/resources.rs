//! Disk, memory, processor and descriptors.

use std::{fs, time::Duration};

use persys_faultd::protocol::Fault;

use crate::world::{TTL, World, code_of, until};

isolated! {
    async fn a_disk_is_filled_and_emptied() {
        let mut world = World::new().await;
        let client = world.client();
        let disk = world.folder.path().join("disk");
        fs::create_dir(&disk).unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(&disk)
            .status();
        assert!(mounted.unwrap().success());
        // The daemon shares this mount namespace.
        let fill = Fault::FillDisk { path: disk.clone(), leave_bytes: 0 };
        let guard = client.inject(fill.clone(), TTL).await.unwrap();
        assert!(fs::write(disk.join("more"), vec![1; 100_000]).is_err());
        guard.heal().await.unwrap();
        fs::write(disk.join("more"), vec![1; 100_000]).unwrap();
        let guard = client.inject(fill.clone(), TTL).await.unwrap();
        assert_eq!(code_of(client.inject(fill, TTL).await), "conflict");
        world.kill_and_start_daemon().await;
        fs::write(disk.join("again"), vec![1; 100_000]).unwrap();
        drop(guard);
        let elsewhere = Fault::FillDisk { path: "/etc".into(), leave_bytes: 0 };
        assert_eq!(code_of(client.inject(elsewhere, TTL).await), "bad_request");
    }

    async fn a_component_that_may_open_nothing_gets_its_descriptors_back() {
        let mut world = World::new().await;
        let client = world.client();
        let pid = world.supervisor.component("etcd").await.pid.unwrap();
        let before = open_files(pid);
        let deny = Fault::Descriptors { component: "etcd".to_owned() };
        let guard = client.inject(deny.clone(), TTL).await.unwrap();
        assert_eq!(open_files(pid)[0], "0");
        assert_eq!(code_of(client.inject(deny.clone(), TTL).await), "conflict");
        guard.heal().await.unwrap();
        assert_eq!(open_files(pid), before);
        // A daemon that has forgotten how many they were gives the most that there are.
        let guard = client.inject(deny, TTL).await.unwrap();
        world.kill_and_start_daemon().await;
        assert_eq!(open_files(pid), [before[1].clone(), before[1].clone()]);
        drop(guard);
        let memory = Fault::ContainerMemory { leave_bytes: 1 };
        assert_eq!(code_of(client.inject(memory, TTL).await), "unsupported");
    }

    async fn hogs_go_with_their_lease_or_with_the_daemon() {
        let mut world = World::new().await;
        let client = world.client();
        let memory = client.inject(Fault::Memory { bytes: 32 << 20 }, TTL).await.unwrap();
        let cpu = client.inject(Fault::Cpu { threads: 2 }, TTL).await.unwrap();
        let [holder, burner] = ["memory", "cpu"].map(|kind| hog(kind).unwrap());
        assert!(resident(&holder) >= 32 << 20);
        until("the processor is busy", async || ticks(&burner) >= 5).await;
        memory.heal().await.unwrap();
        assert_eq!(hog("memory"), None);
        world.daemon.take().unwrap().kill();
        until("the hog notices", async || hog("cpu").is_none()).await;
        world.start_daemon().await;
        drop(cpu);
        let refused = client.inject(Fault::Memory { bytes: u64::MAX }, TTL).await;
        assert_eq!(code_of(refused), "bad_request");
        let refused = client.inject(Fault::Cpu { threads: 0 }, TTL).await;
        assert_eq!(code_of(refused), "bad_request");
        let short = client.inject(Fault::Cpu { threads: 1 }, Duration::from_millis(1)).await;
        assert_eq!(code_of(short), "bad_request");
    }
}

/// How many files a process may have open now, and at most.
fn open_files(pid: u32) -> [String; 2] {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let mut words = line.split_whitespace().map(str::to_owned);
    [words.next().unwrap(), words.next().unwrap()]
}

/// The process of a hog.
fn hog(kind: &str) -> Option<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.map(|entry| entry.file_name().to_string_lossy().into_owned()).find(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.get(1..3) == Some(&[b"hold", kind.as_bytes()])
    })
}

fn resident(pid: &str) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn ticks(pid: &str) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(11).unwrap().parse().unwrap()
}
