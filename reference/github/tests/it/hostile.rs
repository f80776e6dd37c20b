//! Callers that behave badly. The stand-in asks nobody for a certificate.

use persys_hostile::{Listener, Process, survives};
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_served_whatever_comes_beside_them() {
    let bench = Bench::start().await;
    let mut roots = rustls::RootCertStore::empty();
    let authority = bench.site.authority.cert_pem();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config =
        rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let listener = Listener::tls(bench.address, config);
    survives(&listener, Process::own(), async || {
        let client = bench.site.client();
        let request = client.get(bench.url("/api/v3/user")).header("user-agent", "persys-test");
        assert_eq!(request.send().await.unwrap().status(), 401);
    })
    .await;
}
