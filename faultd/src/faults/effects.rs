//! All faults of a machine behind one interface.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;

use super::{
    ContainerMemory, Descriptors, Disks, HogTask, Hogs, Links, Shapes,
    component::Components,
    fill_disk::DiskLimits,
    packet_rules::{PacketRules, Share},
    probe::Probed,
    shape_script::{Shape, ShapeScript},
};
use crate::{
    backend::Backend,
    leases::Effects,
    machine::interface_with,
    protocol::{Direction, Fault, LeaseId, RefusalCode},
    refused::Refused,
};

/// The machine and its place in the topology.
#[derive(Clone, Debug)]
pub struct Place {
    pub address: Ipv4Addr,
    /// The addresses of all machines of the topology.
    pub topology: BTreeSet<IpAddr>,
    /// The daemons' port.
    pub port: u16,
}

/// Does to this machine what leases demand.
pub struct MachineEffects {
    components: Components,
    links: Links,
    disks: Disks,
    hogs: Hogs,
    descriptors: Descriptors,
    containers: ContainerMemory,
    place: Place,
    probed: Probed,
}

impl MachineEffects {
    /// The longest delay, and the smallest rate, that leave the machine usable.
    const LONGEST_DELAY_MS: u32 = 60_000;
    const LEAST_RATE: u64 = 1_000;

    pub fn new(
        backend: Arc<dyn Backend>,
        place: Place,
        probed: Probed,
        disks: DiskLimits,
        containers: ContainerMemory,
        program: PathBuf,
    ) -> Self {
        Self {
            components: Components::new(backend),
            links: Links::default(),
            disks: Disks::new(disks),
            hogs: Hogs::new(program),
            descriptors: Descriptors::default(),
            containers,
            place,
            probed,
        }
    }

    /// Removes what an earlier process may have left in the network, whether it
    /// noted it or not.
    pub async fn clear_network(&self) {
        if self.probed.nft.is_none()
            && let Err(error) = self.links.clear().await
        {
            tracing::error!(reason = error, "packet filter not cleared");
        }
        if let Err(error) = Shapes::clear().await {
            tracing::debug!(reason = error, "traffic control not cleared");
        }
    }

    /// The interface of the machine's own address. Without it this is not the
    /// machine of the topology, and its network must not be touched.
    fn device(&self) -> Result<String, Refused> {
        interface_with(self.place.address).ok_or_else(|| {
            let error = format!("no interface has this machine's address {}", self.place.address);
            Refused::failed(error)
        })
    }

    fn check_peers(&self, peers: &[IpAddr]) -> Result<(), Refused> {
        if peers.is_empty() {
            return Err(Refused::new(RefusalCode::BadRequest, "no peer is named"));
        }
        for peer in peers {
            if *peer == IpAddr::V4(self.place.address) {
                let error = format!("{peer} is this machine itself");
                return Err(Refused::new(RefusalCode::UnknownPeer, error));
            }
            if !self.place.topology.contains(peer) {
                let error = format!("{peer} is no machine of the topology");
                return Err(Refused::new(RefusalCode::UnknownPeer, error));
            }
        }
        Ok(())
    }

    async fn filter(
        &self,
        lease: LeaseId,
        peers: &[IpAddr],
        direction: Direction,
        share: Share,
    ) -> Result<(), Refused> {
        let device = self.device()?;
        let rules = PacketRules {
            lease,
            peers: peers.to_vec(),
            direction,
            share,
            exempt: self.place.port,
            egress: self.probed.nft_egress.is_none().then_some(device),
        };
        self.links.cut(&rules).await
    }

    async fn shape(&self, shape: Shape, peers: &[IpAddr]) -> Result<(), Refused> {
        let shapes = Shapes::new(self.device()?);
        let script = ShapeScript {
            device: shapes.device().to_owned(),
            shape,
            peers: peers.to_vec(),
            exempt: self.place.port,
        };
        shapes.shape(&script).await
    }
}

#[async_trait]
impl Effects for MachineEffects {
    async fn check(&self, fault: &Fault) -> Result<(), Refused> {
        let bad = |error: String| Err(Refused::new(RefusalCode::BadRequest, error));
        if let Some(component) = fault.component() {
            return self.components.check(component).await;
        }
        match fault {
            Fault::Cut { peers, .. } | Fault::Loss { peers, .. } | Fault::Delay { peers, .. } => {
                self.check_peers(peers)?;
            }
            Fault::FillDisk { path, leave_bytes } => self.disks.check(path, *leave_bytes)?,
            Fault::Memory { bytes } => self.hogs.check(HogTask::Memory { bytes: *bytes })?,
            Fault::Cpu { threads } => self.hogs.check(HogTask::Cpu { threads: *threads })?,
            // It is no matter of the network, of which the rest is about.
            Fault::ContainerMemory { .. } => return self.containers.check(),
            _ => {}
        }
        match fault {
            Fault::Loss { percent, .. } if !(1..=100).contains(percent) => {
                return bad(format!("percent is {percent}; it must be from 1 to 100"));
            }
            Fault::Delay { ms, .. } if !(1..=Self::LONGEST_DELAY_MS).contains(ms) => {
                let most = Self::LONGEST_DELAY_MS;
                return bad(format!("ms is {ms}; it must be from 1 to {most}"));
            }
            Fault::Rate { bytes_per_second } if *bytes_per_second < Self::LEAST_RATE => {
                let least = Self::LEAST_RATE;
                return bad(format!("bytesPerSecond must be {least} or more"));
            }
            _ => {}
        }
        let Some(needed) = fault.needs() else { return Ok(()) };
        if let Some(detail) = self.probed.lack(needed) {
            return Err(Refused::unsupported(needed, detail));
        }
        self.device().map(drop)
    }

    async fn inject(&self, id: LeaseId, fault: &Fault) -> Result<(), Refused> {
        match fault {
            Fault::Stop { component } => self.components.stop(component).await,
            Fault::Kill { component } => self.components.kill(component).await,
            Fault::Pause { component } => self.components.pause(component).await,
            Fault::Cut { peers, direction } => self.filter(id, peers, *direction, Share::All).await,
            Fault::Loss { peers, percent } => {
                // The filter takes "fewer than 100 of 100" for a mistake.
                let share = if *percent < 100 { Share::Percent(*percent) } else { Share::All };
                self.filter(id, peers, Direction::Both, share).await
            }
            Fault::Delay { peers, ms } => self.shape(Shape::Delay { ms: *ms }, peers).await,
            Fault::Rate { bytes_per_second } => {
                self.shape(Shape::Rate { bytes_per_second: *bytes_per_second }, &[]).await
            }
            Fault::FillDisk { path, leave_bytes } => self.disks.fill(id, path, *leave_bytes).await,
            Fault::Memory { bytes } => self.hogs.start(id, HogTask::Memory { bytes: *bytes }).await,
            Fault::Cpu { threads } => self.hogs.start(id, HogTask::Cpu { threads: *threads }).await,
            Fault::ContainerMemory { leave_bytes } => self.containers.bound(*leave_bytes),
            Fault::Descriptors { component } => {
                self.descriptors.deny(id, &self.components.find(component).await?)
            }
        }
    }

    async fn settle(&self, fault: &Fault) {
        self.components.settle(fault).await;
    }

    async fn heal(&self, id: LeaseId, fault: &Fault) -> Result<String, String> {
        match fault {
            Fault::Stop { component } | Fault::Kill { component } => {
                self.components.bring_back(component).await
            }
            Fault::Pause { component } => self.components.resume(component).await,
            Fault::Cut { .. } | Fault::Loss { .. } => self.links.join(id).await,
            Fault::Delay { .. } | Fault::Rate { .. } => Shapes::clear().await,
            Fault::FillDisk { path, .. } => self.disks.empty(id, path).await,
            Fault::Memory { .. } | Fault::Cpu { .. } => self.hogs.end(id).await,
            Fault::ContainerMemory { .. } => self.containers.free(),
            Fault::Descriptors { component } => {
                let found = self.components.find(component).await;
                let found = found.map_err(|refused| format!("failed to {refused}"))?;
                self.descriptors.give_back(id, &found)
            }
        }
    }
}

#[cfg(test)]
#[path = "effects_tests.rs"]
mod tests;
