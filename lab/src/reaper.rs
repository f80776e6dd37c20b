//! The duty of a PID 1: to wait for every child, its own and the orphans.

use std::{
    cell::RefCell,
    collections::HashMap,
    fmt, io,
    process::{Child, Command},
    rc::Rc,
};

use nix::{
    sys::wait::{WaitPidFlag, WaitStatus, waitpid},
    unistd::Pid,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// A child whose end is told.
pub struct Reaped {
    pub child: Child,
    pub exit: oneshot::Receiver<Exit>,
}

impl Reaped {
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

/// Waits for all children of this process. Nothing else in it may.
pub struct Reaper {
    waiting: RefCell<HashMap<Pid, oneshot::Sender<Exit>>>,
}

impl Reaper {
    /// Starts reaping on the current [`tokio::task::LocalSet`].
    pub fn start() -> io::Result<Rc<Self>> {
        let children = signal(SignalKind::child())?;
        let reaper = Rc::new(Self { waiting: RefCell::default() });
        tokio::task::spawn_local(reaper.clone().reap_forever(children));
        Ok(reaper)
    }

    /// No await lies between spawning and registering, so no end can be missed.
    pub fn spawn(&self, command: &mut Command) -> io::Result<Reaped> {
        let child = command.spawn()?;
        let (sender, exit) = oneshot::channel();
        let reaped = Reaped { child, exit };
        self.waiting.borrow_mut().insert(reaped.pid(), sender);
        Ok(reaped)
    }

    async fn reap_forever(self: Rc<Self>, mut children: Signal) {
        loop {
            self.reap();
            if children.recv().await.is_none() {
                return;
            }
        }
    }

    fn reap(&self) {
        loop {
            let (pid, exit) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, Exit::Code(code)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, Exit::Signal(signal as i32)),
                Ok(WaitStatus::StillAlive) | Err(_) => return,
                Ok(_) => continue,
            };
            if let Some(sender) = self.waiting.borrow_mut().remove(&pid) {
                // Nobody may care any more.
                let _ = sender.send(exit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_read_as_the_protocol_wants_them() {
        assert_eq!(Exit::Code(1).to_string(), "code 1");
        assert_eq!(Exit::Signal(9).to_string(), "signal 9");
    }
}
