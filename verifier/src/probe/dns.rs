//! CoreDNS, asked directly: no cache, no search list, no resolver of the host.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig},
    lookup::Lookup,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};
use persys_contract::{Discovery, topology::MachineRole};
use serde_json::json;
use tokio::{net::UdpSocket, time::Instant};

use super::{Cause, ProbeError, Question, evidence::Evidence, setup::ProbeSetup};

/// How long an answer may take. CoreDNS answers within milliseconds; without etcd it
/// takes 5 s to say so.
const TIMEOUT: Duration = Duration::from_secs(6);
/// An answer that takes longer is late.
const LATE: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

/// What the server said of a name. No record is an answer too.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsAnswer<T> {
    /// `NoError`, `NXDomain`, `ServFail`, ….
    pub code: String,
    pub records: Vec<T>,
    pub duration: Duration,
}

impl<T> DnsAnswer<T> {
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

/// An SRV record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SrvRecord {
    /// Without the final dot.
    pub target: String,
    pub port: u16,
    pub priority: u16,
    pub weight: u16,
    /// Seconds.
    pub ttl: u32,
}

/// An A record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ARecord {
    pub address: Ipv4Addr,
    /// Seconds.
    pub ttl: u32,
}

/// Asks CoreDNS; made by [`Probes::dns`](super::Probes::dns).
#[derive(Clone)]
pub struct DnsProbe {
    server: SocketAddrV4,
    transport: Transport,
    timeout: Duration,
    discovery: Discovery,
    evidence: Evidence,
}

impl DnsProbe {
    pub(super) fn new(setup: &ProbeSetup, evidence: &Evidence) -> Self {
        let topology = setup.topology();
        Self {
            server: topology.socket(MachineRole::Dns, topology.ports.dns),
            transport: Transport::Udp,
            timeout: TIMEOUT,
            discovery: Discovery::new(&topology.domain),
            evidence: evidence.clone(),
        }
    }

    /// The same over TCP.
    #[must_use]
    pub fn over_tcp(self) -> Self {
        Self { transport: Transport::Tcp, ..self }
    }

    /// The same with another bound on each question.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The SRV records of a name, sorted.
    pub async fn srv(&self, name: &str) -> Result<DnsAnswer<SrvRecord>, ProbeError> {
        self.ask(name, RecordType::SRV, |data, ttl| match data {
            RData::SRV(srv) => Some(SrvRecord {
                target: srv.target.to_utf8().trim_end_matches('.').to_owned(),
                port: srv.port,
                priority: srv.priority,
                weight: srv.weight,
                ttl,
            }),
            _ => None,
        })
        .await
    }

    /// The A records of a name, sorted.
    pub async fn a(&self, name: &str) -> Result<DnsAnswer<ARecord>, ProbeError> {
        self.ask(name, RecordType::A, |data, ttl| match data {
            RData::A(a) => Some(ARecord { address: a.0, ttl }),
            _ => None,
        })
        .await
    }

    /// The A records of a node, `<nodeId>.<domain>`.
    pub async fn node(&self, node: &str) -> Result<DnsAnswer<ARecord>, ProbeError> {
        self.a(&self.discovery.node_name(node)).await
    }

    /// The schedulers as a gateway finds them (contract §5): the SRV records of
    /// `_prow-scheduler.<domain>`, each target resolved. Sorted.
    pub async fn schedulers(&self) -> Result<Vec<SocketAddrV4>, ProbeError> {
        let mut found = Vec::new();
        for record in self.srv(&self.discovery.service_name()).await?.records {
            match record.target.parse::<Ipv4Addr>() {
                Ok(address) => found.push(SocketAddrV4::new(address, record.port)),
                Err(_) => {
                    let addresses = self.a(&record.target).await?.records;
                    found.extend(
                        addresses.iter().map(|a| SocketAddrV4::new(a.address, record.port)),
                    );
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    async fn ask<T: Ord + std::fmt::Debug>(
        &self,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData, u32) -> Option<T>,
    ) -> Result<DnsAnswer<T>, ProbeError> {
        let transport = match self.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        };
        let question =
            Question::new("CoreDNS", self.server, format!("{kind} {name} over {transport}"));
        let started = Instant::now();
        let looked_up = tokio::time::timeout(self.timeout, async {
            tokio::select! {
                answer = self.look_up(name, kind) => answer,
                error = refusal(self.server), if self.transport == Transport::Udp => {
                    Err(NetError::Io(Arc::new(error)))
                }
            }
        })
        .await;
        let duration = started.elapsed();
        let unanswered = |cause| self.evidence.unanswered("dns", question.clone(), cause);
        let (code, mut records) = match looked_up {
            Err(_) => return Err(unanswered(Cause::Timeout(self.timeout))),
            Ok(Ok(lookup)) => {
                let read =
                    |record: &hickory_resolver::proto::rr::Record| read(&record.data, record.ttl);
                let records = lookup.answers().iter().filter_map(read).collect();
                (lookup.message().metadata.response_code, records)
            }
            Ok(Err(error)) => (answered(error, self.timeout).map_err(unanswered)?, Vec::new()),
        };
        records.sort_unstable();
        let code = format!("{code:?}");
        let shown: Vec<_> = records.iter().map(|record| format!("{record:?}")).collect();
        let summary = format!("{kind} {name} → {code}, {} records", records.len());
        let data = json!({
            "server": self.server.to_string(),
            "transport": transport,
            "name": name,
            "type": kind.to_string(),
            "code": code,
            "records": shown,
        });
        let passing = json!({ "ms": duration.as_secs_f64() * 1000.0 });
        self.evidence.saw("dns", summary, data, passing);
        Ok(DnsAnswer { code, records, duration })
    }

    /// A new resolver each time remembers nothing.
    async fn look_up(&self, name: &str, kind: RecordType) -> Result<Lookup, NetError> {
        let mut connection = match self.transport {
            Transport::Udp => ConnectionConfig::udp(),
            Transport::Tcp => ConnectionConfig::tcp(),
        };
        connection.port = self.server.port();
        let server = NameServerConfig::new((*self.server.ip()).into(), true, vec![connection]);
        let config = ResolverConfig::from_name_servers(vec![server]);
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.attempts = 0;
        options.cache_size = 0;
        options.timeout = self.timeout;
        options.use_hosts_file = ResolveHosts::Never;
        options.num_concurrent_reqs = 1;
        let mut name = Name::from_utf8(name)?;
        name.set_fqdn(true);
        builder.build()?.lookup(name, kind).await
    }
}

/// Ends when the machine says that nobody listens there, which the resolver does not hear.
/// Asked only when the answer is late.
async fn refusal(server: SocketAddrV4) -> io::Error {
    /// A header that asks nothing.
    const EMPTY: [u8; 12] = [0; 12];
    tokio::time::sleep(LATE).await;
    let ask = async {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        socket.connect(server).await?;
        socket.send(&EMPTY).await?;
        socket.recv(&mut [0; 512]).await
    };
    match ask.await {
        Err(error) => error,
        Ok(_) => std::future::pending().await,
    }
}

/// What a server said when it gave no record; an error when it said nothing.
fn answered(error: NetError, timeout: Duration) -> Result<ResponseCode, Cause> {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => Ok(none.response_code),
        NetError::Dns(DnsError::ResponseCode(code)) => Ok(code),
        NetError::Timeout => Err(Cause::Timeout(timeout)),
        NetError::Io(error) => Err(Cause::Unreachable(error.to_string())),
        NetError::NoConnections => Err(Cause::Unreachable("nobody accepts it".to_owned())),
        other => Err(Cause::Protocol(other.to_string())),
    }
}
