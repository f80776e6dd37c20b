//! The datagram socket at which a component tells that it is ready
//! (`sd_notify(3)`).

use std::{fs, io, path::PathBuf};

use tokio::net::UnixDatagram;

use crate::paths;

pub struct NotifySocket {
    path: PathBuf,
    socket: UnixDatagram,
}

impl NotifySocket {
    /// A new socket for each start: a notice of a killed predecessor cannot count.
    pub fn bind(component: &str) -> io::Result<Self> {
        let path = PathBuf::from(paths::NOTIFY).join(format!("{component}.sock"));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { socket: UnixDatagram::bind(&path)?, path }),
        }
    }

    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Comes back when `READY=1` was told.
    pub async fn ready(&self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            let length = self.socket.recv(&mut buffer).await?;
            if says_ready(&buffer[..length]) {
                return Ok(());
            }
        }
    }
}

fn says_ready(notice: &[u8]) -> bool {
    notice.split(|&byte| byte == b'\n').any(|line| line == b"READY=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_line_says_ready() {
        assert!(says_ready(b"STATUS=up\nREADY=1\nMAINPID=3"));
        assert!(says_ready(b"READY=1"));
        assert!(!says_ready(b"READY=11"));
        assert!(!says_ready(b"STATUS=READY=1"));
    }
}
