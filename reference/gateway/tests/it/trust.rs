//! Which schedulers the gateway talks to.

use std::net::Ipv4Addr;

use persys_identity::{Authority, CertificateSpec, Credentials, Validity};

use crate::support::{FakeDns, FakeScheduler, Pki, TestGateway, eventually};

#[tokio::test]
async fn a_scheduler_that_cannot_show_who_it_is_gets_no_request() {
    let pki = Pki::create();
    let good = FakeScheduler::start("prow1", &pki.scheduler()).await;
    let server = |name: &str| CertificateSpec::server(name).with_ip(Ipv4Addr::LOCALHOST);

    let foreign = Pki::create().scheduler();
    let elsewhere = pki.issue(&CertificateSpec::server("elsewhere").with_ip([10, 9, 9, 9]));
    let expired = pki.issue(&server("expired").valid(Validity::expired()));
    let mut client_only = server("client-only");
    (client_only.server, client_only.client) = (false, true);
    let client_only = pki.issue(&client_only);
    let own = Authority::self_signed(&server("own")).unwrap();
    own.write(&pki.folder()).unwrap();
    let own = Credentials::in_folder(&pki.folder(), "own").load().unwrap();

    for (name, credentials) in [
        ("foreign", foreign),
        ("elsewhere", elsewhere),
        ("expired", expired),
        ("client-only", client_only),
        ("own", own),
    ] {
        let bad = FakeScheduler::start("prow2", &credentials).await;
        let dns = FakeDns::start().await;
        dns.register([&bad, &good].map(FakeScheduler::registration));
        let gateway = TestGateway::start(&pki, dns.address, &[]).await;
        eventually("it was ready", async || gateway.is_ready()).await;
        for path in ["/workloads/schedule", "/reconciliation/trigger"].repeat(3) {
            assert_eq!(gateway.post(path, "{}").await.text(), r#"{"from":"prow1"}"#, "{name}");
            assert_eq!(gateway.get("/nodes").await.text(), r#"{"from":"prow1"}"#, "{name}");
        }
        assert_eq!((bad.asked().len(), bad.probes()), (0, 0), "{name}");
        let counted =
            gateway.metric(r#"persys_auth_rejections_total{reason="untrusted_scheduler""#);
        assert_eq!(counted.await.as_deref(), Some("1"), "{name}");

        dns.register([bad.registration()]);
        eventually("the good one was forgotten", async || {
            gateway.get("/nodes").await.status == 502
        })
        .await;
        let reply = gateway.post("/workloads/schedule", "{}").await;
        assert_eq!(reply.refusal(), (502, "scheduler_unreachable".to_owned()), "{name}");
        assert_eq!((bad.asked().len(), bad.probes()), (0, 0), "{name}");
    }
}

#[tokio::test]
async fn a_certificate_may_bear_the_srv_target_instead_of_the_address() {
    let pki = Pki::create();
    let named = pki.issue(&CertificateSpec::server("named").with_dns("prow1.persys.local"));
    let scheduler = FakeScheduler::start("prow1", &named).await;
    let (gateway, _dns) = crate::support::network(&[&scheduler], &pki).await;
    assert_eq!(gateway.get("/nodes").await.status, 200);
}
