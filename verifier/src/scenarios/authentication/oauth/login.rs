//! A user who logs in, step by step, as a browser does it.

use std::collections::BTreeMap;

use persys_contract::topology::MachineRole;
use reqwest::Url;

use crate::{
    context::Context,
    evidence::StepError,
    probe::{Exchange, GithubProbe, HttpRequest},
};

/// A login that the gateway has begun.
pub struct Login {
    /// The whole `Set-Cookie`.
    pub set_cookie: String,
    /// Where the browser is sent.
    pub target: Url,
}

/// What GitHub sends the browser back with.
pub struct Return {
    pub state: String,
    pub code: String,
}

impl Login {
    pub async fn begin(cx: &Context) -> Result<Self, StepError> {
        let answer = cx.gateway().send(HttpRequest::get("/auth/login").confidential()).await?;
        if answer.status != 302 {
            return Err(StepError::failed(format!("{answer}, expected 302 (contract §4)")));
        }
        let header = |name: &str| {
            let value = answer.header(name).map(str::to_owned);
            value.ok_or_else(|| StepError::failed(format!("{answer} and no {name} header")))
        };
        let location = header("location")?;
        let target = Url::parse(&location)
            .map_err(|error| StepError::failed(format!("the location is no address: {error}")))?;
        let login = Self { set_cookie: header("set-cookie")?, target };
        if let Some(state) = login.asked().get("state") {
            cx.probes().add_secret("a login's state", state);
        }
        cx.probes().add_secret("a login's cookie", login.cookie_value());
        Ok(login)
    }

    /// What GitHub is asked.
    pub fn asked(&self) -> BTreeMap<String, String> {
        self.target.query_pairs().into_owned().collect()
    }

    pub fn state(&self) -> String {
        self.asked().remove("state").unwrap_or_default()
    }

    /// What a browser sends back of the cookie.
    pub fn cookie(&self) -> &str {
        self.set_cookie.split(';').next().unwrap_or_default()
    }

    fn cookie_value(&self) -> &str {
        self.cookie().split_once('=').map_or("", |(_, value)| value)
    }

    /// The browser goes to GitHub, whose account approves.
    pub async fn approve(&self, cx: &Context) -> Result<Return, StepError> {
        let answer = github(cx)?.visit(&self.target).await?;
        let back = answer.header("location").and_then(|location| Url::parse(location).ok());
        let (302, Some(back)) = (answer.status, back) else {
            return Err(StepError::failed(format!(
                "GitHub did not take what the gateway asked of it: {answer}"
            )));
        };
        let mut told: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
        let mut field = |name: &str| {
            told.remove(name).ok_or_else(|| {
                StepError::failed(format!("GitHub sent the browser back without {name}: {back}"))
            })
        };
        let back = Return { state: field("state")?, code: field("code")? };
        cx.probes().add_secret("a login's code", &back.code);
        Ok(back)
    }
}

/// The browser comes back to the gateway, with what is given of it.
pub async fn come_back(
    cx: &Context,
    code: Option<&str>,
    state: Option<&str>,
    cookie: Option<&str>,
) -> Result<Exchange, StepError> {
    let pairs = [("code", code), ("state", state)];
    let given: Vec<_> =
        pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
    let request = HttpRequest::get(format!("/auth/callback?{}", given.join("&"))).confidential();
    let request = match cookie {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    };
    Ok(cx.gateway().send(request).await?)
}

/// `GET /github/list/repos` with this `Authorization`.
pub async fn repositories(
    cx: &Context,
    authorization: Option<&str>,
) -> Result<Exchange, StepError> {
    let request = HttpRequest::get("/github/list/repos");
    let request = match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    };
    Ok(cx.gateway().send(request).await?)
}

/// The stand-in. Without one nobody can log in.
pub fn github(cx: &Context) -> Result<GithubProbe, StepError> {
    cx.probes()
        .github()?
        .ok_or_else(|| StepError::skipped("needs a machine of role github in the topology"))
}

/// The gateway's address as GitHub and browsers know it.
pub fn gateway_url(cx: &Context, path: &str) -> String {
    let gateway = cx.topology().socket(MachineRole::Gateway, cx.topology().ports.gateway);
    format!("https://{gateway}{path}")
}
