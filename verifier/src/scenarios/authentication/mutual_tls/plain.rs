//! What is to be had without any certificate: little (contract §1).

use super::{routes::EveryRoute, server::Server};
use crate::{context::Context, evidence::StepResult, probe::HttpRequest};

/// What a plain listener is there for.
fn served(server: Server) -> &'static [&'static str] {
    match server {
        Server::Gateway => &["/", "/health", "/metrics"],
        Server::Scheduler => &["/health", "/metrics"],
    }
}

/// The routes of the login with GitHub, which are the gateway's own.
const LOGIN: [&str; 3] = ["/auth/login", "/auth/callback?code=a&state=b", "/github/list/repos"];

/// The plain listener answers to who it is, how it is and what it counts. Of the API nothing
/// is there: neither what tells nor what changes something.
pub async fn serves_little(cx: &mut Context, server: Server) -> StepResult {
    let every = EveryRoute::prepare(cx).await?;
    let mut checks = cx.checks();
    for door in server.doors(cx)? {
        let plain = door.api.plain();
        for path in served(server) {
            let answer = plain.get(path).await?;
            checks.equal(&format!("GET {path} from {}", door.component), answer.status, 200);
        }
        let mut requests = every.requests.clone();
        if server == Server::Gateway {
            requests.extend(LOGIN.map(HttpRequest::get));
        }
        for request in requests {
            let name = format!("{} {} at {}", request.method, request.path, door.component);
            let answer = plain.send(request).await?;
            // A listener with another method at this path says so.
            let absent = matches!(answer.status, 404 | 405);
            checks.is_true(&name, absent, format!("expected 404 or 405; {answer}"));
        }
    }
    every.without_effect(cx, &mut checks).await?;
    checks.finish()
}
