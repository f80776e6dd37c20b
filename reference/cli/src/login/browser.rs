//! Goes where it is sent, as a browser does: from the gateway to GitHub and back.

use reqwest::{
    Response, Url,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use serde_json::Value;

use crate::{
    client::{Client, unreachable},
    failure::Failure,
};

/// More than any login takes.
const MOST_REDIRECTS: usize = 10;

pub struct Browser<'a> {
    client: &'a Client,
    web: &'a reqwest::Client,
    cookies: Vec<Cookie>,
}

/// Goes back to where it came from and nowhere else.
struct Cookie {
    origin: String,
    name: String,
    value: String,
}

impl<'a> Browser<'a> {
    pub fn new(client: &'a Client, web: &'a reqwest::Client) -> Self {
        Self { client, web, cookies: Vec::new() }
    }

    /// The gateway's answer to GitHub's code.
    pub async fn log_in(mut self) -> Result<Value, Failure> {
        let mut url = self.client.url(&["auth", "login"]);
        let mut response = self.visit(&url).await?;
        // Until the first redirect nothing was asked of GitHub.
        if response.status().is_success() {
            return Err(nonsense("the gateway leads to no login"));
        }
        for _ in 0..MOST_REDIRECTS {
            if !response.status().is_redirection() {
                return self.arrive(&url, response).await;
            }
            url = target(&url, &response)?;
            response = self.visit(&url).await?;
        }
        Err(nonsense("the login leads in circles"))
    }

    async fn arrive(&self, url: &Url, response: Response) -> Result<Value, Failure> {
        if self.is_gateway(url) {
            return self.client.read(response).await;
        }
        let status = response.status();
        if status.is_server_error() {
            let host = origin(url);
            return Err(Failure::Unreachable(format!("failed to log in: {host} says {status}")));
        }
        let error = if status.is_success() {
            format!("{} wants a person at a browser", origin(url))
        } else {
            format!("{} does not know the gateway", origin(url))
        };
        Err(Failure::Refused { error, code: format!("status {}", status.as_u16()) })
    }

    async fn visit(&mut self, url: &Url) -> Result<Response, Failure> {
        let own = self.cookies.iter().filter(|cookie| cookie.origin == origin(url));
        let own: Vec<_> = own.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let cookies = (!own.is_empty()).then(|| own.join("; "));
        let response = if self.is_gateway(url) {
            self.client.visit(url.clone(), cookies.as_deref()).await?
        } else {
            let mut request = self.web.get(url.clone());
            if let Some(cookies) = cookies {
                request = request.header(COOKIE, cookies);
            }
            request.send().await.map_err(|error| unreachable(url, &error))?
        };
        self.keep_cookies(url, &response);
        Ok(response)
    }

    fn keep_cookies(&mut self, url: &Url, response: &Response) {
        let texts = response.headers().get_all(SET_COOKIE).iter();
        for text in texts.filter_map(|value| value.to_str().ok()) {
            let pair = text.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            let origin = origin(url);
            self.cookies.retain(|cookie| cookie.origin != origin || cookie.name != name);
            self.cookies.push(Cookie { origin, name, value });
        }
    }

    fn is_gateway(&self, url: &Url) -> bool {
        url.origin() == self.client.gateway().origin()
    }
}

fn target(from: &Url, response: &Response) -> Result<Url, Failure> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let url = location.and_then(|text| from.join(text).ok());
    let url = url.ok_or_else(|| nonsense("a redirect leads nowhere"))?;
    if url.scheme() != "https" {
        return Err(nonsense("a redirect leads away from https"));
    }
    Ok(url)
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn nonsense(what: &str) -> Failure {
    Failure::Unreachable(format!("failed to log in: {what}"))
}
