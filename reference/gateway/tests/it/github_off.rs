//! A gateway that knows nothing of GitHub.

use crate::support::{FakeDns, Pki, TestGateway};

#[tokio::test]
async fn without_its_configuration_the_routes_are_not_there() {
    let pki = Pki::create();
    let dns = FakeDns::start().await;
    let gateway = TestGateway::start(&pki, dns.address, &[]).await;
    for path in ["/auth/login", "/auth/callback?code=x&state=y", "/github/list/repos"] {
        assert_eq!(gateway.get(path).await.refusal(), (404, "not_found".to_owned()), "{path}");
    }
    let reply = gateway.post("/webhook", "{}").await;
    assert_eq!(reply.refusal(), (404, "not_found".to_owned()));
    assert_eq!(gateway.get("/health").await.status, 200);
}
