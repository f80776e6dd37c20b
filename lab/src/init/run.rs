//! The life of the lab's PID 1. Its standard input is a socket to the outermost
//! process: orders come in, events go out, and when it closes everything ends.

use std::{fs, io, os::fd::AsFd, path::Path, rc::Rc, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{UnixStream, unix::OwnedReadHalf},
    task::{LocalSet, spawn_local},
    time::timeout,
};

use super::{machine::Machine, outbox::Outbox, switch};
use crate::{
    mounting::{self, Kept},
    paths, plan,
    reaper::Reaper,
    spec::{Event, LabSpec, Order},
};

/// What machines get to stop in order.
const FAREWELL: Duration = Duration::from_secs(4);

/// Comes back when the lab is to end; then the kernel ends all that is in it.
pub fn run() -> Result<()> {
    let socket = io::stdin().as_fd().try_clone_to_owned().context("hold the standard input")?;
    let socket = std::os::unix::net::UnixStream::from(socket);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        socket.set_nonblocking(true).context("prepare the socket")?;
        let (orders, events) = UnixStream::from_std(socket)?.into_split();
        let outbox = Outbox::start(events);
        let lived = live(BufReader::new(orders), &outbox).await;
        if let Err(error) = &lived {
            outbox.tell(Event::Failed { what: format!("failed to {error:#}") });
        }
        outbox.flush().await;
        lived
    })
}

async fn live(mut orders: BufReader<OwnedReadHalf>, outbox: &Rc<Outbox>) -> Result<()> {
    let mut line = String::new();
    orders.read_line(&mut line).await.context("read the lab's specification")?;
    let Ok(Order::Start(mut lab)) = serde_json::from_str(&line) else {
        bail!("understand the lab's specification");
    };
    arrange(&lab)?;
    switch::lay(&lab.machines)?;
    outbox.tell(Event::Network);
    let scratch = Path::new("/run/persys-lab/credentials");
    let topology = lab.topology.clone();
    plan::credentials::hand_out(&topology, scratch, &mut lab.machines)?;
    let reaper = Reaper::start().context("watch over processes")?;
    let mut machines = Vec::new();
    for spec in &lab.machines {
        machines.push(Machine::start(&lab, spec, &reaper, outbox.clone())?);
    }
    let (mut exits, mut stops) = (Vec::new(), Vec::new());
    for machine in machines {
        stops.push(machine.orders);
        let outbox = outbox.clone();
        exits.push(spawn_local(async move {
            let exit = machine.exit.await;
            let how = exit.map_or_else(|_| "unknown".to_owned(), |exit| exit.to_string());
            let what = format!("the machine {} ended: {how}", machine.name);
            outbox.tell(Event::Failed { what });
        }));
    }
    line.clear();
    orders.read_line(&mut line).await.context("read orders")?;
    if let Ok(Order::Stop) = serde_json::from_str(&line) {
        drop(stops);
        let all = async {
            for exit in exits {
                let _ = exit.await;
            }
        };
        // Those that take longer end with this process.
        let _ = timeout(FAREWELL, all).await;
    }
    Ok(())
}

/// The lab's own `/run`, with the network namespaces' names and all logs.
fn arrange(lab: &LabSpec) -> Result<()> {
    let hidden = ["/run"];
    let kept = Kept::hold(&lab.keep, &hidden)?;
    mounting::tmpfs(Path::new("/run"), "mode=755")?;
    for path in &kept {
        path.put_back()?;
    }
    for machine in &lab.machines {
        let logs = Path::new(paths::ALL_LOGS).join(&machine.name);
        fs::create_dir_all(&logs).with_context(|| format!("make {}", logs.display()))?;
    }
    Ok(())
}
