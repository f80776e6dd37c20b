//! The life of a machine's PID 1: its standard input brings the specification
//! and, by its end, the order to stop; its standard output takes events.

use std::{
    io::{self, Write},
    os::fd::AsFd,
    rc::Rc,
};

use anyhow::{Context, Result};
use persys_faultd::supervisor::Component;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::unix::pipe,
    task::LocalSet,
};

use super::{server, setup, slot::OnChange, supervisor::Supervisor};
use crate::{
    reaper::Reaper,
    spec::{Event, MachineSpec},
};

/// Comes back when the machine is to end; then everything in it ends.
pub fn run() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lived = LocalSet::new().block_on(&runtime, live());
    if let Err(error) = &lived {
        tell(&Event::Failed { what: format!("failed to {error:#}") });
    }
    lived
}

async fn live() -> Result<()> {
    let stdin = io::stdin().as_fd().try_clone_to_owned().context("hold the standard input")?;
    let orders = pipe::Receiver::from_owned_fd(stdin).context("read the standard input")?;
    let mut orders = BufReader::new(orders);
    let mut line = String::new();
    orders.read_line(&mut line).await.context("read the machine's specification")?;
    let mut spec: MachineSpec =
        serde_json::from_str(&line).context("understand the machine's specification")?;
    setup::set_up(&spec)?;
    let environment = setup::environment(&spec);
    for component in &mut spec.components {
        let own = std::mem::take(&mut component.environment);
        component.environment = environment.clone();
        component.environment.extend(own);
    }
    let machine = spec.name.clone();
    let on_change: OnChange = Rc::new(move |component: Component| {
        tell(&Event::Component { machine: machine.clone(), component });
    });
    let reaper = Reaper::start().context("watch over processes")?;
    let supervisor = Supervisor::new(spec.components, &reaper, &on_change);
    server::serve(&supervisor)?;
    tell(&Event::Machine { machine: spec.name });
    supervisor.start_all();
    // There is nothing more to read than the end.
    let mut rest = Vec::new();
    let _ = orders.read_to_end(&mut rest).await;
    supervisor.stop_platform().await;
    Ok(())
}

/// A short line; PID 1 of the lab always reads.
fn tell(event: &Event) {
    let mut stdout = io::stdout().lock();
    let told = serde_json::to_writer(&mut stdout, event)
        .map_err(io::Error::from)
        .and_then(|()| stdout.write_all(b"\n"))
        .and_then(|()| stdout.flush());
    // Nobody listens: the lab is ending.
    drop(told);
}
