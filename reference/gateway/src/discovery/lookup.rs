//! The questions to CoreDNS: SRV records first, then addresses.

use persys_reference_base::defect;
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::future::join_all;
use hickory_proto::rr::{Name, RData, Record, RecordType, rdata::SRV};
use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
};
use tokio::time::timeout;

use super::Endpoint;

/// The port of a scheduler that is known by its address alone (contract §1).
const SCHEDULER_PORT: u16 = 8085;
/// How long one question may take before it is asked again.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(1);
/// How often one question is asked.
const ATTEMPTS: usize = 2;
/// How long all questions of one lookup may take together.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why CoreDNS could not be asked. That it knows no scheduler is no error.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    #[error("ask {server}: {source}")]
    Ask { server: SocketAddr, source: NetError },
    #[error("ask {server}: no answer within {LOOKUP_TIMEOUT:?}")]
    Timeout { server: SocketAddr },
}

/// Asks one name server for schedulers. The host's resolver has no part in it.
pub struct Lookup {
    resolver: TokioResolver,
    server: SocketAddr,
    service_name: String,
    address_name: String,
}

impl Lookup {
    /// `service` is the label of the SRV records, `_prow-scheduler` by default.
    pub fn new(server: SocketAddr, service: &str, domain: &str) -> Result<Self, LookupError> {
        let mut name_server = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut name_server.connections {
            connection.port = server.port();
        }
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![name_server]);
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.timeout = QUESTION_TIMEOUT;
        options.attempts = ATTEMPTS;
        options.use_hosts_file = ResolveHosts::Never;
        // A scheduler that went must not live on in a cache of ours.
        options.cache_size = 0;
        let domain = domain.trim_matches('.');
        Ok(Self {
            resolver: builder.build().map_err(|source| LookupError::Ask { server, source })?,
            server,
            service_name: format!("{service}.{domain}."),
            address_name: format!("scheduler.{domain}."),
        })
    }

    /// The schedulers that CoreDNS knows: those with SRV records, or else those
    /// with an address. None is an answer too.
    pub async fn schedulers(&self) -> Result<Vec<Endpoint>, LookupError> {
        let questions = async { tokio::join!(self.services(), self.addresses(&self.address_name)) };
        let (services, addresses) = timeout(LOOKUP_TIMEOUT, questions)
            .await
            .map_err(|_| LookupError::Timeout { server: self.server })?;
        match (services, addresses) {
            (Ok(found), _) if !found.is_empty() => Ok(found),
            (_, Ok(found)) if defect!("address-records-ignored", false, !found.is_empty()) => {
                Ok(found
                    .into_iter()
                    .map(|ip| Endpoint::at(SocketAddr::new(ip, SCHEDULER_PORT)))
                    .collect())
            }
            (Err(source), _) | (_, Err(source)) => {
                Err(LookupError::Ask { server: self.server, source })
            }
            (Ok(_), Ok(_)) => Ok(Vec::new()),
        }
    }

    async fn services(&self) -> Result<Vec<Endpoint>, NetError> {
        let Some(lookup) = known(self.resolver.lookup(&*self.service_name, RecordType::SRV).await)?
        else {
            return Ok(Vec::new());
        };
        let services = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(service) => Some(service),
            _ => None,
        });
        let resolved =
            join_all(services.map(|service| self.endpoints_of(service, lookup.additionals())))
                .await;
        // Targets that cannot be resolved count only when there is no other.
        let mut endpoints: Vec<Endpoint> = Vec::new();
        let mut problem = None;
        for outcome in resolved {
            match outcome {
                Ok(found) => {
                    for endpoint in found {
                        if endpoints.iter().all(|known| known.address != endpoint.address) {
                            endpoints.push(endpoint);
                        }
                    }
                }
                Err(error) => problem = Some(error),
            }
        }
        match problem {
            Some(error) if endpoints.is_empty() => Err(error),
            _ => Ok(endpoints),
        }
    }

    async fn endpoints_of(
        &self,
        service: &SRV,
        additionals: &[Record],
    ) -> Result<Vec<Endpoint>, NetError> {
        let enclosed: Vec<IpAddr> = addresses_in(additionals, Some(&service.target));
        let addresses = if enclosed.is_empty() {
            self.addresses(&service.target.to_utf8()).await?
        } else {
            enclosed
        };
        let name = service.target.to_utf8().trim_end_matches('.').to_owned();
        Ok(addresses
            .into_iter()
            .map(|ip| Endpoint {
                address: SocketAddr::new(ip, service.port),
                name: Some(name.clone()),
                priority: service.priority,
            })
            .collect())
    }

    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, NetError> {
        let lookup = known(self.resolver.lookup(name, RecordType::A).await)?;
        Ok(lookup.map(|found| addresses_in(found.answers(), None)).unwrap_or_default())
    }
}

/// That a name does not exist is an answer, not an error.
fn known<T>(outcome: Result<T, NetError>) -> Result<Option<T>, NetError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_nothing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A server that fails (SERVFAIL, as CoreDNS answers without etcd) says nothing
/// about the name.
fn is_nothing(error: &NetError) -> bool {
    use hickory_proto::op::ResponseCode;
    use hickory_resolver::net::DnsError;
    match error {
        NetError::Dns(DnsError::NoRecordsFound(found)) => {
            matches!(found.response_code, ResponseCode::NoError | ResponseCode::NXDomain)
        }
        _ => false,
    }
}

fn addresses_in(records: &[Record], of: Option<&Name>) -> Vec<IpAddr> {
    records
        .iter()
        .filter(|record| of.is_none_or(|name| record.name == *name))
        .filter_map(|record| match &record.data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            _ => None,
        })
        .collect()
}
