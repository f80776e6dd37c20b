//! Comes to a server with whatever certificate, version and name a scenario likes.

use std::{io, net::SocketAddrV4, sync::Arc, time::Duration};

use persys_contract::REQUEST_ID;
use rand::Rng;
use reqwest::Method;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{HelloReply, HelloVersion, TlsAttempt, TlsOffer, TlsOutcome, hello, reply};
use crate::probe::{
    Cause, Conformance, Exchange, ProbeError, Question, Secrets, error::cause_of,
    evidence::Evidence, http::readable, setup::ProbeSetup,
};

/// The kind of the evidence.
const KIND: &str = "tls";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// More bytes than this are no answer to the questions asked here.
const ANSWER_MAX: u64 = 4 << 20;

/// Tries handshakes with one server; made by [`Probes::tls`](crate::probe::Probes::tls).
/// How a handshake ends is data; that there is no server is an error.
#[derive(Clone)]
pub struct TlsProbe {
    who: Arc<str>,
    address: SocketAddrV4,
    ca_pem: Arc<[u8]>,
    conformance: Conformance,
    secrets: Secrets,
    evidence: Evidence,
    timeout: Duration,
}

impl TlsProbe {
    pub(in crate::probe) fn new(
        setup: &ProbeSetup,
        evidence: &Evidence,
        who: impl Into<Arc<str>>,
        address: SocketAddrV4,
        conformance: Conformance,
    ) -> Result<Self, ProbeError> {
        let credentials = setup.credentials("client")?;
        let mut probe = Self::trusting(credentials.pem().2, who, address, evidence);
        (probe.conformance, probe.secrets) = (conformance, setup.secrets().clone());
        Ok(probe.with_timeout(setup.timeout()))
    }

    /// Trusts this authority alone and expects nothing of answers.
    pub(super) fn trusting(
        ca_pem: &[u8],
        who: impl Into<Arc<str>>,
        address: SocketAddrV4,
        evidence: &Evidence,
    ) -> Self {
        Self {
            who: who.into(),
            address,
            ca_pem: ca_pem.into(),
            conformance: Conformance::none(),
            secrets: Secrets::default(),
            evidence: evidence.clone(),
            timeout: Duration::from_secs(10),
        }
    }

    /// The same with another bound on each handshake and its request.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// Shakes hands and, if that seems to succeed, sends `GET <path>`.
    pub async fn attempt(&self, offer: &TlsOffer, path: &str) -> Result<TlsAttempt, ProbeError> {
        let shown = offer.certificate.as_ref().map_or("no certificate", |shown| &shown.name);
        let name = offer.server_name.clone().unwrap_or_else(|| self.address.ip().to_string());
        let what = format!("GET {path} as {name} ({}, {shown})", offer.version);
        let question = Question::new(&*self.who, format!("https://{}", self.address), &what);
        let unusable = |problem: String| ProbeError::setup(format!("offer {what}: {problem}"));
        let config = Arc::new(offer.config(&self.ca_pem).map_err(unusable)?);
        let server = ServerName::try_from(name.clone())
            .map_err(|error| unusable(format!("the name {name:?}: {error}")))?;

        let tcp = self.connect(&question).await?;
        let local = tcp.local_addr().map_err(|error| unusable(error.to_string()))?;
        let request_id = uuid::Uuid::new_v4().to_string();
        let (sent_at, started) = (OffsetDateTime::now_utc(), Instant::now());
        let talk = async {
            let mut stream = match TlsConnector::from(config).connect(server, tcp).await {
                Ok(stream) => stream,
                Err(error) => return Err(TlsOutcome::of(&error)),
            };
            let bytes = self.ask(&mut stream, path, &request_id).await?;
            reply::read(&bytes).map_err(TlsOutcome::Broken)
        };
        let outcome = match timeout(self.timeout, talk).await {
            Ok(Ok(reply)) => {
                let exchange = Box::new(Exchange {
                    question,
                    method: Method::GET,
                    path: path.to_owned(),
                    sent_at,
                    duration: started.elapsed(),
                    standstill: self.evidence.standstill(started.into_std()),
                    status: reply.status,
                    headers: reply.headers,
                    body: reply.body,
                    request_id: Some(request_id),
                });
                for broken in self.conformance.violations(&exchange, &[], &self.secrets) {
                    self.evidence.violation(format!("{exchange}: {broken}"));
                }
                TlsOutcome::Answered { version: offer.version, exchange }
            }
            Ok(Err(outcome)) => outcome,
            Err(_) => {
                let cause = Cause::Timeout(self.timeout);
                return Err(self.evidence.unanswered(KIND, question, cause));
            }
        };
        self.record(offer, shown, &name, &what, &outcome);
        Ok(TlsAttempt { local, outcome })
    }

    /// Says the first word of a handshake in a version of old, made by hand, and
    /// hears the server's. The same word with TLS 1.2 shows that it is well formed.
    pub async fn say_hello(
        &self,
        version: HelloVersion,
    ) -> Result<(std::net::SocketAddr, HelloReply), ProbeError> {
        let what = format!("a handshake with {version}");
        let question = Question::new(&*self.who, self.address, &what);
        let mut tcp = self.connect(&question).await?;
        let local = tcp.local_addr().map_err(|error| ProbeError::setup(error.to_string()))?;
        let talk = async {
            let mut random = [0; 32];
            rand::rng().fill_bytes(&mut random);
            tcp.write_all(&hello::client_hello(version, random)).await?;
            let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
            loop {
                if let Some(word) = hello::first_word(&heard) {
                    return Ok(word);
                }
                match tcp.read(&mut piece).await? {
                    0 => return Ok(HelloReply::Closed),
                    n => heard.extend_from_slice(&piece[..n]),
                }
            }
        };
        let reply = match timeout(self.timeout, talk).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => match cause_of(&error as &io::Error, Cause::Protocol) {
                Cause::Broken(_) => HelloReply::Closed,
                cause => return Err(self.evidence.unanswered(KIND, question, cause)),
            },
            Err(_) => {
                let cause = Cause::Timeout(self.timeout);
                return Err(self.evidence.unanswered(KIND, question, cause));
            }
        };
        let summary = format!("{}: {what}: it {reply}", self.who);
        let data = json!({
            "address": self.address.to_string(),
            "version": version.to_string(),
            "reply": reply.to_string(),
        });
        self.evidence.saw(KIND, summary, data, Value::Null);
        Ok((local, reply))
    }

    async fn connect(&self, question: &Question) -> Result<TcpStream, ProbeError> {
        let cause = match timeout(CONNECT_TIMEOUT, TcpStream::connect(self.address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => cause_of(&error, Cause::Unreachable),
            Err(_) => Cause::Unreachable("the host does not answer".to_owned()),
        };
        Err(self.evidence.unanswered(KIND, question.clone(), cause))
    }

    /// Sends a request and reads to the end of the connection.
    async fn ask(
        &self,
        stream: &mut TlsStream<TcpStream>,
        path: &str,
        request_id: &str,
    ) -> Result<Vec<u8>, TlsOutcome> {
        // HTTP/1.0, so that the answer is not in chunks and its end is the connection's.
        let request = format!(
            "GET {path} HTTP/1.0\r\nHost: {}\r\n{REQUEST_ID}: {request_id}\r\n\r\n",
            self.address
        );
        // A server that refuses may be gone by now; its alert lies here to be read all the same.
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.flush().await;
        let mut bytes = Vec::new();
        match stream.take(ANSWER_MAX).read_to_end(&mut bytes).await {
            Ok(_) if bytes.is_empty() => {
                Err(TlsOutcome::Closed("the server said good-bye without an answer".to_owned()))
            }
            // What ends without a good-bye is judged by its announced length.
            Err(error) if bytes.is_empty() => Err(TlsOutcome::of(&error)),
            _ => Ok(bytes),
        }
    }

    fn record(&self, offer: &TlsOffer, shown: &str, name: &str, what: &str, outcome: &TlsOutcome) {
        let mut data = json!({
            "address": self.address.to_string(),
            "version": offer.version.to_string(),
            "certificate": shown,
            "serverName": name,
            "outcome": match outcome {
                TlsOutcome::Answered { .. } => "answered",
                TlsOutcome::Alert(_) => "alert",
                TlsOutcome::Distrusted(_) => "distrusted",
                TlsOutcome::Closed(_) => "closed",
                TlsOutcome::Broken(_) => "broken",
            },
        });
        if let Some(exchange) = outcome.answer() {
            data["status"] = exchange.status.into();
            if !exchange.is_success() {
                data["body"] = readable(&exchange.body);
            }
        }
        self.evidence.saw(KIND, format!("{}: {what}: {outcome}", self.who), data, Value::Null);
    }
}
