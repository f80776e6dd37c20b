//! The components of this machine, and what can be asked of them.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use persys_faultd::supervisor::{Request, Response};
use tokio::{task::JoinSet, time::timeout};

use super::slot::{OnChange, Slot};
use crate::{
    reaper::Reaper,
    spec::{ComponentSpec, Part},
};

/// What the platform's components get to end by themselves when the lab ends.
const FAREWELL: Duration = Duration::from_secs(2);

pub struct Supervisor {
    slots: BTreeMap<String, Rc<Slot>>,
}

impl Supervisor {
    pub fn new(specs: Vec<ComponentSpec>, reaper: &Rc<Reaper>, on_change: &OnChange) -> Rc<Self> {
        let slot = |spec: ComponentSpec| {
            (spec.name.clone(), Slot::new(spec, reaper.clone(), on_change.clone()))
        };
        Rc::new(Self { slots: specs.into_iter().map(slot).collect() })
    }

    /// All at once: they wait for each other themselves.
    pub fn start_all(&self) {
        for slot in self.slots.values() {
            if slot.spec().autostart {
                // Its state tells.
                let _ = slot.start();
            }
        }
    }

    /// Lets the platform end by itself. The rest has nothing to lose and ends
    /// with this process.
    pub async fn stop_platform(&self) {
        let mut stops = JoinSet::new();
        for slot in self.slots.values().filter(|slot| slot.spec().part == Part::Platform) {
            let slot = slot.clone();
            stops.spawn_local(async move { slot.stop().await });
        }
        let _ = timeout(FAREWELL, stops.join_all()).await;
    }

    pub async fn answer(&self, request: &Request) -> Response {
        let name = match request {
            Request::List => {
                return Response::done(self.slots.values().map(|slot| slot.describe()).collect());
            }
            Request::Start { component }
            | Request::Stop { component }
            | Request::Kill { component }
            | Request::Pause { component }
            | Request::Resume { component }
            | Request::Restart { component } => component,
        };
        let Some(slot) = self.slots.get(name) else {
            let known: Vec<_> = self.slots.keys().map(String::as_str).collect();
            return Response::refused(format!(
                "no component is named {name} here; there is {}",
                known.join(", ")
            ));
        };
        let done = match request {
            Request::List => Ok(()),
            Request::Start { .. } => slot.start(),
            Request::Stop { .. } => slot.stop().await,
            Request::Kill { .. } => slot.kill().await,
            Request::Pause { .. } => slot.pause().await,
            Request::Resume { .. } => slot.resume(),
            Request::Restart { .. } => slot.restart().await,
        };
        match done {
            Ok(()) => Response::done(vec![slot.describe()]),
            Err(error) => Response::refused(format!("failed to {error:#}")),
        }
    }
}
