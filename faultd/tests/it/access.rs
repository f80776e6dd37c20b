//! Who is let in, and what else is refused.

use persys_contract::Role;
use persys_faultd::{
    client::{FaultClient, FaultError},
    protocol::{RefusalBody, TOPOLOGY_HEADER},
};
use persys_identity::{Authority, CertificateSpec, Validity};
use reqwest::{Client, Method, Response};

use crate::{
    network::MACHINE,
    world::{World, code_of, until},
};

isolated! {
    async fn only_the_role_chaos_is_let_in() {
        let world = World::new().await;
        for role in Role::ALL {
            let client = world.client_with(&world.credentials(&CertificateSpec::client(role)));
            let outcome = client.components().await;
            if role == Role::Chaos {
                outcome.unwrap();
            } else {
                assert_eq!(code_of(outcome), "role_not_allowed", "{role}");
            }
        }
        let nobody = CertificateSpec { client: true, ..CertificateSpec::server("nobody") };
        let client = world.client_with(&world.credentials(&nobody));
        assert_eq!(code_of(client.components().await), "role_not_allowed");
        // Nothing is found out about paths either.
        let other = world.credentials(&CertificateSpec::client(Role::Operator));
        let http = Client::builder()
            .tls_backend_preconfigured(other.client_config().unwrap())
            .build()
            .unwrap();
        let answer = http.get(url("/nothing")).send().await.unwrap();
        assert_eq!(body(answer, 403).await.code.as_str(), "role_not_allowed");
    }

    async fn unfit_certificates_get_no_answer() {
        let world = World::new().await;
        let chaos = CertificateSpec::client(Role::Chaos);
        let foreign = Authority::create().unwrap();
        for (what, credentials) in [
            ("a foreign authority's", world.credentials_of(&foreign, &chaos)),
            ("an expired", world.credentials(&chaos.clone().valid(Validity::expired()))),
            ("a server's", world.credentials(&CertificateSpec {
                client: false, server: true, ..chaos.clone()
            })),
        ] {
            let outcome = world.client_with(&credentials).components().await;
            assert!(matches!(outcome, Err(FaultError::Unreachable { .. })), "{what}: {outcome:?}");
        }
        let log = world.folder.path().join("faultd.log");
        until("every reason is in the log", async || {
            let log = std::fs::read_to_string(&log).unwrap();
            ["unknown_ca", "expired", "wrong_usage"].iter().all(|reason| log.contains(reason))
        })
        .await;
    }

    async fn without_a_certificate_nothing_is_answered() {
        let world = World::new().await;
        let http = Client::builder()
            .tls_backend_preconfigured(anonymous(&world))
            .build()
            .unwrap();
        for path in ["/v1/capabilities", "/v1/components", "/", "/v1/leases"] {
            let request = http.get(url(path)).header(TOPOLOGY_HEADER, &world.topology.token);
            let outcome = request.send().await;
            assert!(outcome.is_err(), "{path}: {outcome:?}");
        }
        let plain = Client::new().get(format!("http://{MACHINE}:7077/v1/capabilities"));
        assert!(plain.send().await.is_err());
    }

    async fn another_topologys_orders_are_refused() {
        let world = World::new().await;
        let chaos = world.credentials(&CertificateSpec::client(Role::Chaos));
        let client =
            FaultClient::new("etcd", (MACHINE, 7077).into(), &chaos, "production").unwrap();
        assert_eq!(code_of(client.components().await), "wrong_topology");
        let http = http(&world);
        let answer = http.get(url("/v1/components")).send().await.unwrap();
        assert_eq!(body(answer, 403).await.code.as_str(), "wrong_topology");
        let token = &world.topology.token;
        let twice = http.get(url("/v1/components"));
        let twice = twice.header(TOPOLOGY_HEADER, token).header(TOPOLOGY_HEADER, token);
        assert_eq!(body(twice.send().await.unwrap(), 403).await.code.as_str(), "wrong_topology");
    }

    async fn every_refusal_is_a_sentence_and_a_code() {
        let world = World::new().await;
        let http = http(&world);
        let lease = r#"{"fault": {"kind": "stop", "component": "etcd"}, "ttlMs": 1000, "x": 1}"#;
        let large = format!("\"{}\"", "x".repeat(70_000));
        for (method, path, content, status, code) in [
            (Method::GET, "/", "", 404, "not_found"),
            (Method::GET, "/v1/components/etcd", "", 404, "not_found"),
            (Method::PATCH, "/v1/leases", "", 405, "method_not_allowed"),
            (Method::POST, "/v1/leases", "", 400, "invalid_json"),
            (Method::POST, "/v1/leases", "{\"fault\":", 400, "invalid_json"),
            (Method::POST, "/v1/leases", lease, 400, "invalid_json"),
            (Method::POST, "/v1/leases", &large, 413, "too_large"),
            (Method::POST, "/v1/actions", "{\"action\": \"format\"}", 400, "invalid_json"),
            (Method::PUT, "/v1/leases/x", "{\"ttlMs\": 1000}", 404, "unknown_lease"),
            (Method::DELETE, "/v1/leases/%00", "", 404, "unknown_lease"),
            (Method::GET, "/v1/components/etcd/logs?offset=-1", "", 400, "bad_request"),
            (Method::GET, "/v1/components/etcd/logs?tail=5", "", 400, "bad_request"),
            (Method::GET, "/v1/components/%ff/logs", "", 400, "bad_request"),
        ] {
            let request = http.request(method.clone(), url(path)).body(content.to_owned());
            let answer = request.header(TOPOLOGY_HEADER, &world.topology.token).send().await;
            let refusal = body(answer.unwrap(), status).await;
            assert_eq!(refusal.code.as_str(), code, "{method} {path}: {}", refusal.error);
            assert!(!refusal.error.is_empty());
        }
    }
}

fn url(path: &str) -> String {
    format!("https://{MACHINE}:7077{path}")
}

fn http(world: &World) -> Client {
    let chaos = world.credentials(&CertificateSpec::client(Role::Chaos));
    let tls = chaos.client_config().unwrap();
    Client::builder().tls_backend_preconfigured(tls).build().unwrap()
}

fn anonymous(world: &World) -> rustls::ClientConfig {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(world.authority.cert_pem().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

async fn body(answer: Response, status: u16) -> RefusalBody {
    let found = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
