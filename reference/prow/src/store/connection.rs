//! The way to etcd: bounded in time, and renewed when it seems to be dead.

use std::{
    error::Error as _,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use etcd_client::{Certificate, Client, ConnectOptions, Error, Identity, TlsOptions};
use persys_identity::LoadedCredentials;
use persys_reference_base::defect;
use tokio::{sync::watch, time::timeout};

use super::StoreError;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(2);
const CONNECT: Duration = Duration::from_millis(1500);
/// etcd closes connections that are pinged more often than every 5 s.
const PING_INTERVAL: Duration = Duration::from_secs(6);
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// A client that is replaced when a call runs out of time: a connection on which
/// nothing comes back any more may stay so long after the network has healed.
pub struct Connection {
    endpoints: Vec<String>,
    options: ConnectOptions,
    current: Mutex<(u64, Client)>,
    generation: watch::Sender<u64>,
}

impl Connection {
    /// Prepares the connection; nothing is sent yet.
    pub async fn new(
        endpoints: &[String],
        credentials: Option<&LoadedCredentials>,
    ) -> Result<Self, Error> {
        let mut options = ConnectOptions::new()
            .with_connect_timeout(CONNECT)
            .with_keep_alive(PING_INTERVAL, PING_TIMEOUT)
            .with_keep_alive_while_idle(true);
        if let Some(credentials) = credentials {
            let (cert, key, ca) = credentials.pem();
            options = options.with_tls(
                TlsOptions::new()
                    .ca_certificate(Certificate::from_pem(ca))
                    .identity(Identity::from_pem(cert, key)),
            );
        }
        let client = Client::connect(endpoints, Some(options.clone())).await?;
        Ok(Self {
            endpoints: endpoints.to_vec(),
            options,
            current: Mutex::new((0, client)),
            generation: watch::Sender::new(0),
        })
    }

    /// Makes one call within its time.
    pub async fn call<T, R>(&self, call: impl FnOnce(Client) -> R) -> Result<T, StoreError>
    where
        R: Future<Output = Result<T, Error>>,
    {
        defect!("store-given-up" => if persys_reference_base::defects::is_spoiled() {
            return Err(StoreError::Unavailable("it was away".to_owned()));
        });
        let (generation, client) = self.client();
        match timeout(CALL, call(client)).await {
            Ok(Ok(answer)) => {
                defect!("store-given-up" => persys_reference_base::defects::mark("the store"));
                Ok(answer)
            }
            Ok(Err(error)) => {
                let error = classify(&error);
                defect!("store-given-up" => give_up(&error));
                Err(error)
            }
            Err(_) => {
                self.renew(generation).await;
                Err(StoreError::Unavailable(format!("no answer within {CALL:?}")))
            }
        }
    }

    /// Makes a call that changes nothing; once more if it failed at once, as the
    /// first call after a restart of etcd does.
    pub async fn read<T, R>(&self, call: impl Fn(Client) -> R) -> Result<T, StoreError>
    where
        R: Future<Output = Result<T, Error>>,
    {
        let started = tokio::time::Instant::now();
        match self.call(&call).await {
            Err(StoreError::Unavailable(_)) if started.elapsed() < CALL / 4 => {
                self.call(&call).await
            }
            answer => answer,
        }
    }

    /// The client as it is now, for streams, and news of its being replaced.
    pub fn stream_client(&self) -> (Client, watch::Receiver<u64>) {
        let news = self.generation.subscribe();
        (self.client().1, news)
    }

    async fn renew(&self, dead: u64) {
        // Connecting is lazy: this does not wait for the network.
        let Ok(client) = Client::connect(&self.endpoints, Some(self.options.clone())).await else {
            return;
        };
        let mut current = self.current();
        if current.0 == dead {
            *current = (dead + 1, client);
            self.generation.send_replace(dead + 1);
        }
    }

    fn client(&self) -> (u64, Client) {
        self.current().clone()
    }

    fn current(&self) -> MutexGuard<'_, (u64, Client)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Once it was there, it is not waited for a second time.
#[cfg(feature = "defects")]
fn give_up(error: &StoreError) {
    use persys_reference_base::defects::{is_marked, spoil};
    if matches!(error, StoreError::Unavailable(_)) && is_marked("the store") {
        spoil();
    }
}

fn classify(error: &Error) -> StoreError {
    match error {
        // What etcd answers to a record that is too large for it.
        Error::GRpcStatus(status) if status.message().contains("request is too large") => {
            StoreError::Refused(status.message().to_owned())
        }
        Error::InvalidArgs(text) => StoreError::Refused(text.clone()),
        Error::GRpcStatus(status) => {
            // The status says at which layer it failed, the innermost cause why.
            let mut text = status.message().to_owned();
            let mut cause = status.source();
            while let Some(inner) = cause.and_then(|cause| cause.source()) {
                cause = Some(inner);
            }
            if let Some(cause) = cause {
                text.push_str(&format!(": {cause}"));
            }
            StoreError::Unavailable(text)
        }
        other => StoreError::Unavailable(other.to_string()),
    }
}
