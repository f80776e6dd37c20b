//! A name server that knows what a test registers, as CoreDNS would show it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hickory_proto::{
    op::{Header, HeaderCounts, Metadata, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, SRV},
    },
};
use hickory_server::{
    Server,
    net::runtime::Time,
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};
use tokio::net::{TcpListener, UdpSocket};

/// One scheduler's SRV record and its target's address.
#[derive(Clone, Debug)]
pub struct Registration {
    pub target: String,
    pub address: SocketAddr,
}

#[derive(Clone, Default)]
struct Zone {
    services: Arc<Mutex<Vec<Registration>>>,
    addresses: Arc<Mutex<Vec<Ipv4Addr>>>,
    encloses: Arc<AtomicBool>,
    fails: Arc<AtomicBool>,
}

/// Answers over UDP and TCP until it is dropped.
pub struct FakeDns {
    pub address: SocketAddr,
    zone: Zone,
    server: Option<Server<Zone>>,
}

impl FakeDns {
    pub async fn start() -> Self {
        let zone = Zone::default();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let udp = UdpSocket::bind(any).await.unwrap();
        let address = udp.local_addr().unwrap();
        let mut server = Server::new(zone.clone());
        server.register_socket(udp);
        // The same port over TCP may be taken; UDP alone does as well.
        if let Ok(tcp) = TcpListener::bind(address).await {
            server.register_listener(tcp, Duration::from_secs(1), 16);
        }
        Self { address, zone, server: Some(server) }
    }

    /// These have SRV records from now on, and no others.
    pub fn register(&self, registrations: impl IntoIterator<Item = Registration>) {
        *self.zone.services.lock().unwrap() = registrations.into_iter().collect();
    }

    /// These are the addresses of `scheduler.<domain>` from now on.
    pub fn set_addresses(&self, addresses: &[Ipv4Addr]) {
        *self.zone.addresses.lock().unwrap() = addresses.to_vec();
    }

    /// Whether answers with SRV records enclose the targets' addresses.
    pub fn enclose_addresses(&self, encloses: bool) {
        self.zone.encloses.store(encloses, Ordering::SeqCst);
    }

    /// Answers SERVFAIL from now on, as CoreDNS does without etcd.
    pub fn fail(&self, fails: bool) {
        self.zone.fails.store(fails, Ordering::SeqCst);
    }

    pub async fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.shutdown_gracefully().await.unwrap();
        }
    }
}

#[async_trait::async_trait]
impl RequestHandler for Zone {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let query = request.request_info().unwrap().query;
        let (answers, additionals) = self.look_up(&query.name().to_string(), query.query_type());
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = match (self.fails.load(Ordering::SeqCst), answers.is_empty()) {
            (true, _) => ResponseCode::ServFail,
            (false, true) => ResponseCode::NXDomain,
            (false, false) => ResponseCode::NoError,
        };
        let message = MessageResponseBuilder::from_message_request(request).build(
            metadata,
            &answers,
            [],
            [],
            &additionals,
        );
        let lost = Header { metadata, counts: HeaderCounts::default() };
        response.send_response(message).await.unwrap_or_else(|_| lost.into())
    }
}

impl Zone {
    fn look_up(&self, name: &str, kind: RecordType) -> (Vec<Record>, Vec<Record>) {
        let services = self.services.lock().unwrap().clone();
        let target_of = |service: &Registration| Name::from_ascii(&service.target).unwrap();
        let address_of = |service: &Registration| {
            let SocketAddr::V4(address) = service.address else { panic!("not IPv4") };
            Record::from_rdata(target_of(service), 2, RData::A(A(*address.ip())))
        };
        match (kind, name) {
            (_, _) if self.fails.load(Ordering::SeqCst) => Default::default(),
            (RecordType::SRV, "_prow-scheduler.persys.local.") => {
                let answers = services.iter().map(|service| {
                    let data = SRV::new(10, 10, service.address.port(), target_of(service));
                    Record::from_rdata(Name::from_ascii(name).unwrap(), 2, RData::SRV(data))
                });
                let encloses = self.encloses.load(Ordering::SeqCst);
                let enclosed = services.iter().filter(|_| encloses).map(address_of);
                (answers.collect(), enclosed.collect())
            }
            (RecordType::A, "scheduler.persys.local.") => {
                let addresses = self.addresses.lock().unwrap().clone();
                let record =
                    |ip| Record::from_rdata(Name::from_ascii(name).unwrap(), 2, RData::A(A(ip)));
                (addresses.into_iter().map(record).collect(), Vec::new())
            }
            (RecordType::A, name) => {
                let found = services.iter().filter(|service| service.target == name);
                (found.map(address_of).collect(), Vec::new())
            }
            _ => Default::default(),
        }
    }
}
