//! `persys-cli login` between a gateway and somebody who stands for GitHub.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use axum::{
    http::{
        StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::gateway::{Asked, FakeGateway, Neighbour, stderr, stdout};

const TOKEN: &str = "a.token.of-the-gateway";

fn redirect(to: &str) -> Response {
    (StatusCode::FOUND, [(LOCATION, to.to_owned())]).into_response()
}

fn text(status: u16, text: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), text.to_owned()).into_response()
}

/// A gateway that sends browsers to an address that is set later.
struct Network {
    gateway: FakeGateway,
    github: Arc<OnceLock<String>>,
}

impl Network {
    /// `back` answers who comes back.
    async fn start(back: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let github: Arc<OnceLock<String>> = Arc::default();
        let known = github.clone();
        let gateway = FakeGateway::answering(move |asked| match asked.line.as_str() {
            "GET /auth/login" => {
                let target = format!("{}/authorize?state=the-state", known.get().unwrap());
                let cookie = "__Host-x=the-cookie; Path=/; HttpOnly; Secure; SameSite=Lax";
                (StatusCode::FOUND, [(LOCATION, target), (SET_COOKIE, cookie.to_owned())])
                    .into_response()
            }
            _ => back(asked),
        })
        .await;
        Self { gateway, github }
    }

    /// One that welcomes who comes back.
    async fn welcoming() -> Self {
        let welcome = json!({"token": TOKEN, "user": {"id": 1, "login": "octocat"}});
        Self::start(move |_| text(200, &welcome.to_string())).await
    }

    fn is_at(&self, address: SocketAddr) {
        self.github.set(format!("https://{address}")).unwrap();
    }

    /// Somebody who sends browsers back after one more step.
    async fn github(&self) -> Neighbour {
        let callback = format!("https://{}/auth/callback", self.gateway.address);
        let github = self
            .gateway
            .neighbour(move |asked| match asked.line.split('?').next().unwrap() {
                "GET /authorize" => {
                    let cookie = (SET_COOKIE, "session=of-github; Secure");
                    ([cookie], redirect("/consent")).into_response()
                }
                _ => redirect(&format!("{callback}?code=the-code&state=the-state")),
            })
            .await;
        self.is_at(github.address);
        github
    }

    fn kept(&self) -> PathBuf {
        self.gateway.folder.path().join(".config/persys/token")
    }
}

#[tokio::test]
async fn a_login_goes_to_github_and_back_and_keeps_the_token() {
    let network = Network::welcoming().await;
    let github = network.github().await;
    let output = network.gateway.run(&["login"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let kept = network.kept();
    assert_eq!(
        stdout(&output),
        format!("logged in as octocat; the token is in {}\n", kept.display())
    );
    assert_eq!(stderr(&output), "");
    assert_eq!(fs::read_to_string(&kept).unwrap(), format!("{TOKEN}\n"));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);

    let lines = |asked: &[Asked]| asked.iter().map(|one| one.line.clone()).collect::<Vec<_>>();
    let asked = network.gateway.asked();
    let back = "GET /auth/callback?code=the-code&state=the-state";
    assert_eq!(lines(&asked), ["GET /auth/login", back]);
    assert_eq!(asked[1].headers["cookie"], "__Host-x=the-cookie");
    // Each one's cookies are its own.
    let asked = github.asked();
    assert_eq!(lines(&asked), ["GET /authorize?state=the-state", "GET /consent"]);
    assert!(!asked[0].headers.contains_key("cookie"));
    assert_eq!(asked[1].headers["cookie"], "session=of-github");
}

#[tokio::test]
async fn the_token_is_shown_only_if_asked_for() {
    let network = Network::welcoming().await;
    let _github = network.github().await;
    let file = network.gateway.folder.path().join("elsewhere");
    let to_file = ["login", "--token-file", file.to_str().unwrap()];
    let output = network.gateway.run(&[&to_file[..], &["-o", "json", "-v"]].concat()).await;
    let told: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(told, json!({"user": {"id": 1, "login": "octocat"}, "tokenFile": file}));
    for secret in [TOKEN, "the-code", "the-cookie"] {
        assert!(!stderr(&output).contains(secret), "{}", stderr(&output));
    }
    let output = network.gateway.run(&["login", "-o", "json", "--show-token"]).await;
    let told: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(told["token"], TOKEN);
    let output = network.gateway.run(&["login", "--show-token"]).await;
    assert_eq!(stdout(&output).lines().last(), Some(TOKEN));
}

#[tokio::test]
async fn what_the_gateway_or_github_refuses_is_1_and_keeps_nothing() {
    let refusal = r#"{"error":"the code is unknown","code":"bad_code"}"#;
    let network = Network::start(move |_| text(401, refusal)).await;
    let _github = network.github().await;
    let output = network.gateway.run(&["login"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: the code is unknown (bad_code)\n");
    assert!(!network.kept().exists());

    for (status, told) in [(404, "does not know the gateway"), (200, "a person at a browser")] {
        let network = Network::welcoming().await;
        let github = network.gateway.neighbour(move |_| text(status, "<html>")).await;
        network.is_at(github.address);
        let output = network.gateway.run(&["login"]).await;
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    }

    let off = r#"{"error":"there is no such route","code":"not_found"}"#;
    let gateway = FakeGateway::always(404, off).await;
    let output = gateway.run(&["login"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).ends_with("(not_found)\n"), "{}", stderr(&output));
}

#[tokio::test]
async fn nobody_there_or_no_sense_is_3_and_keeps_nothing() {
    let nobody = {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        listener.local_addr().unwrap()
    };
    let network = Network::welcoming().await;
    network.is_at(nobody);
    let output = network.gateway.run(&["login"]).await;
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("https://{nobody}")), "{}", stderr(&output));
    assert!(!stderr(&output).contains("the-state"), "{}", stderr(&output));

    for answer in [
        redirect("http://127.0.0.1:1/"),
        redirect("https://"),
        StatusCode::FOUND.into_response(),
        text(503, ""),
        redirect("/again"),
    ] {
        let network = Network::welcoming().await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let github =
            network.gateway.neighbour(move |_| (status, headers.clone()).into_response()).await;
        network.is_at(github.address);
        let output = network.gateway.run(&["login"]).await;
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(github.asked().len() <= 10);
        assert!(!network.kept().exists());
    }

    for welcome in ["<html>", "{}", r#"{"token":""}"#] {
        let network = Network::start(move |_| text(200, welcome)).await;
        let _github = network.github().await;
        let output = network.gateway.run(&["login"]).await;
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(!network.kept().exists());
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_2() {
    let network = Network::welcoming().await;
    let _github = network.github().await;
    let output = network.gateway.run(&["login", "--token-file", "/dev/null/token"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("/dev/null/token"), "{}", stderr(&output));
    assert!(!stderr(&output).contains(TOKEN));
}
