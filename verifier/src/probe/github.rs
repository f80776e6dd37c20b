//! GitHub's stand-in, as a browser sees it and as tests direct it.

use persys_contract::topology::MachineRole;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::{
    Conformance, Exchange, HttpRequest, ProbeError, evidence::Evidence, http::HttpProbe,
    setup::ProbeSetup,
};
use crate::evidence::StepError;

/// Below this lies the tests' interface.
const TESTS: &str = "/_test";

/// Asks GitHub's stand-in; made by [`Probes::github`](super::Probes::github).
#[derive(Clone)]
pub struct GithubProbe {
    http: HttpProbe,
    machine: String,
    admin_token: String,
}

impl GithubProbe {
    /// `None` when the topology has no such machine.
    pub(super) fn new(setup: &ProbeSetup, evidence: &Evidence) -> Result<Option<Self>, ProbeError> {
        let topology = setup.topology();
        let Some((machine, _)) = topology.with_role(MachineRole::Github).next() else {
            return Ok(None);
        };
        let address = setup.socket(machine, topology.ports.github)?;
        let credentials = setup.credentials("client")?;
        let http = HttpProbe::new(
            "GitHub",
            address,
            Some(&credentials),
            Conformance::none(),
            setup.secrets().clone(),
            evidence.clone(),
        )?;
        let admin_token = setup.secret("github-admin-token")?;
        Ok(Some(Self {
            http: http.with_timeout(setup.timeout()),
            machine: machine.to_owned(),
            admin_token,
        }))
    }

    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// Where it serves: `https://ip:port`.
    pub fn base(&self) -> &str {
        self.http.base()
    }

    /// Whether an address is one of GitHub's.
    pub fn has(&self, url: &Url) -> bool {
        Url::parse(self.http.base()).is_ok_and(|own| own.origin() == url.origin())
    }

    /// Opens an address of GitHub's as a browser would that follows no redirect.
    /// The answer bears a code and is not written down.
    pub async fn visit(&self, url: &Url) -> Result<Exchange, ProbeError> {
        if !self.has(url) {
            return Err(ProbeError::setup(format!("visit {url} at {}", self.http.base())));
        }
        let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
        let path = format!("{}{query}", url.path());
        self.http.send(HttpRequest::get(path).confidential()).await
    }

    /// Gives an order to the tests' interface; anything but success is an error of
    /// the environment.
    pub async fn order(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, StepError> {
        let request = HttpRequest::new(method, format!("{TESTS}{path}"));
        self.direct(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A new token of an account, which is written down nowhere.
    pub async fn token(&self, login: &str, scope: &str) -> Result<String, StepError> {
        let wanted = json!({ "login": login, "scope": scope });
        let request = HttpRequest::new(Method::POST, format!("{TESTS}/tokens")).json(&wanted);
        let made = self.direct(request.confidential()).await?;
        let token = made["token"].as_str().map(str::to_owned);
        token.ok_or_else(|| StepError::error("the test's GitHub made no token"))
    }

    async fn direct(&self, request: HttpRequest) -> Result<Value, StepError> {
        let bearer = format!("Bearer {}", self.admin_token);
        let exchange = self.http.send(request.header("authorization", &bearer)).await?;
        if !exchange.is_success() {
            return Err(StepError::error(format!(
                "failed to direct the test's GitHub: {exchange}"
            )));
        }
        if exchange.body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&exchange.body)?)
    }
}
