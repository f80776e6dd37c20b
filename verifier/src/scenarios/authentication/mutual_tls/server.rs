//! The two kinds of servers that ask for a client's certificate.

use persys_contract::Role;

use crate::{
    context::Context,
    evidence::StepError,
    probe::{ApiProbe, TlsProbe},
    scenarios::support::Component,
};

/// Asked of both kinds: the gateway hands it on, the scheduler answers itself.
pub const PATH: &str = "/nodes";

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Asked as a client asks.
    Gateway,
    /// Every scheduler, asked as the gateway asks.
    Scheduler,
}

/// One server that listens.
pub struct Door {
    pub component: Component,
    pub tls: TlsProbe,
    pub api: ApiProbe,
}

impl Server {
    pub fn doors(self, cx: &Context) -> Result<Vec<Door>, StepError> {
        let probes = cx.probes();
        let doors = match self {
            Self::Gateway => {
                let tls = probes.tls_to_gateway()?;
                vec![Door { component: Component::gateway(cx), tls, api: cx.gateway() }]
            }
            Self::Scheduler => Component::schedulers(cx)
                .into_iter()
                .map(|component| {
                    let tls = probes.tls_to_scheduler(&component.machine)?;
                    let api = cx.scheduler(&component.machine);
                    Ok(Door { component, tls, api })
                })
                .collect::<Result<_, StepError>>()?,
        };
        Ok(doors)
    }

    /// The role of those who are to use it.
    pub fn user(self) -> Role {
        match self {
            Self::Gateway => Role::Client,
            Self::Scheduler => Role::Gateway,
        }
    }

    /// A pair of the verifier's own credentials of a role that is not served.
    pub fn stranger(self) -> Role {
        match self {
            Self::Gateway => Role::Chaos,
            Self::Scheduler => Role::Client,
        }
    }

    pub fn served(self) -> &'static [Role] {
        match self {
            Self::Gateway => Role::SERVED_BY_GATEWAY,
            Self::Scheduler => Role::SERVED_BY_SCHEDULER,
        }
    }
}
