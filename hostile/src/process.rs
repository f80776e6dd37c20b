//! What a process holds, as the kernel sees it.

use procfs::net::TcpState;

/// A process whose listener is attacked.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    /// As this process sees it.
    pub pid: u32,
}

impl Process {
    /// The one that runs the test, for listeners within it.
    pub fn own() -> Self {
        Self { pid: std::process::id() }
    }

    /// Descriptors of connections to a port, in the process's network.
    pub(crate) fn connections_to(self, port: u16) -> usize {
        let process = self.look();
        let all = [process.tcp().unwrap(), process.tcp6().unwrap_or_default()].concat();
        // What is no longer anybody's descriptor has no inode.
        let open = all.iter().filter(|entry| {
            entry.local_address.port() == port
                && entry.state != TcpState::Listen
                && entry.inode != 0
        });
        open.count()
    }

    /// The memory it uses now, in bytes.
    pub(crate) fn memory(self) -> u64 {
        self.look().status().unwrap().vmrss.unwrap() << 10
    }

    fn look(self) -> procfs::process::Process {
        let pid = self.pid.try_into().unwrap();
        procfs::process::Process::new(pid).expect("the process is there")
    }
}
