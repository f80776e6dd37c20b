//! What holds for any input, said once for the property tests and the fuzz targets.

use std::path::Path;

use crate::{
    PortMapping, SIGNATURE_WINDOW, SignatureError, SignatureKey, SignedHeaders, Workload,
    topology::{MachineRole, TestImage, Topology},
};

/// A topology file is usable as a whole, or refused with the file's name and the line or field.
///
/// # Panics
/// When it is neither.
pub fn topology(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Topology::parse(Path::new("t.json"), text) {
        Ok(topology) => {
            // What others take for granted after this.
            assert!(topology.token.bytes().all(|byte| byte.is_ascii_graphic()));
            let (_, prefix) = topology.network();
            assert!((8..=29).contains(&prefix));
            for role in MachineRole::NEEDED {
                assert_ne!(topology.socket(role, topology.ports.faultd).port(), 0);
            }
            for image in TestImage::ALL {
                assert!(!topology.image(image).is_empty());
            }
            for (_, seconds) in topology.timings.named() {
                assert!(std::time::Duration::try_from_secs_f64(seconds).is_ok());
            }
            let again = serde_json::to_string(&topology).unwrap();
            let mut again = Topology::parse(Path::new("t.json"), &again).unwrap();
            // A fraction may come back with another last digit.
            again.timings = topology.timings.clone();
            assert_eq!(again, topology);
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.starts_with("t.json: "), "{told}");
            assert!(told.contains(" line ") || told.contains("; "), "{told}");
        }
    }
}

/// A workload is taken as it is, or refused for one of its fields.
///
/// # Panics
/// When it is neither.
pub fn workload(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(mapping) = PortMapping::parse(text)
    {
        assert!(mapping.host > 0 && mapping.container.number > 0);
    }
    let Ok(workload) = serde_json::from_slice::<Workload>(bytes) else { return };
    let text = serde_json::to_string(&workload).unwrap();
    let again: Workload = serde_json::from_str(&text).unwrap();
    match workload.validate() {
        Ok(()) => {
            assert_eq!(again.validate(), Ok(()));
            assert!((1..=63).contains(&workload.name.len()));
            assert!(workload.kind.is_some());
            assert!(workload.ports.iter().all(|port| PortMapping::parse(port).is_some()));
        }
        Err(invalid) => {
            let fields = serde_json::to_value(every_field()).unwrap();
            assert!(fields.get(invalid.field).is_some(), "{invalid}");
        }
    }
}

/// A workload of which nothing is absent.
fn every_field() -> Workload {
    let text = || Some("x".to_owned());
    let pair = || [("x".to_owned(), "x".to_owned())].into();
    Workload {
        id: "x".into(),
        name: "x".into(),
        kind: Some(crate::WorkloadType::DockerContainer),
        image: text(),
        command: text(),
        local_path: text(),
        compose: text(),
        git_repo: text(),
        git_branch: text(),
        git_token: text(),
        env_vars: pair(),
        ports: vec!["1:1".into()],
        volumes: vec!["/a:/b".into()],
        network: text(),
        restart_policy: Some(crate::RestartPolicy::No),
        labels: pair(),
        resources: Some(crate::WorkloadResources::default()),
        desired_state: Some(crate::DesiredState::Running),
        ..Workload::default()
    }
}

/// A request's parts, cut out of anything at all; what is left is the body.
struct Parts<'a> {
    fields: [&'a str; 5],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut pieces = bytes.splitn(6, |byte| *byte == b'\n');
        let mut fields = [""; 5];
        for field in &mut fields {
            *field = std::str::from_utf8(pieces.next().unwrap_or_default()).ok()?;
        }
        Some(Self { fields, body: pieces.next().unwrap_or_default() })
    }
}

/// What is signed verifies, and what differs in any part does not; headers of any text are
/// refused for what is wrong with them.
///
/// # Panics
/// When something is let through, or the reason is not one of the contract's.
pub fn signing(bytes: &[u8]) {
    let Some(Parts { fields: [method, path, time, nonce, signature], body }) = Parts::of(bytes)
    else {
        return;
    };
    let key = SignatureKey::new(signature.as_bytes());
    let now = time.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(256) + u64::from(byte));
    let mut number = [0; 16];
    for (place, byte) in number.iter_mut().zip(nonce.bytes()) {
        *place = byte;
    }
    let good = key.sign(method, path, now, number, body);
    let verify = |method: &str, path: &str, headers: &SignedHeaders, body: &[u8], now| {
        key.verify(method, path, headers, body, now, SIGNATURE_WINDOW)
    };
    assert_eq!(verify(method, path, &good, body, now), Ok(()));
    // A letter that moves from one part to the next makes another request.
    if let Some(first) = path.chars().next() {
        let (longer, rest) = (format!("{method}{first}"), &path[first.len_utf8()..]);
        assert_eq!(verify(&longer, rest, &good, body, now), Err(SignatureError::Bad));
    }
    let longer = [body, b"x"].concat();
    assert_eq!(verify(method, path, &good, &longer, now), Err(SignatureError::Bad));
    if let Some(late) = now.checked_add(SIGNATURE_WINDOW.as_secs() + 1) {
        let stale = verify(method, path, &good, body, late);
        assert!(matches!(stale, Err(SignatureError::Stale { .. })), "{stale:?}");
    }
    let given = SignedHeaders {
        timestamp: time.to_owned(),
        nonce: nonce.to_owned(),
        signature: signature.to_owned(),
    };
    // Nobody guesses a signature.
    let refused = verify(method, path, &given, body, now).unwrap_err();
    assert!((400..500).contains(&refused.code().status()), "{refused}");
}
