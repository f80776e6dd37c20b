use serde_json::json;
use tokio::net::UnixListener;

use super::*;

#[test]
fn requests_have_the_documented_form() {
    let request = Request::Pause { component: "etcd".to_owned() };
    assert_eq!(
        serde_json::to_value(&request).unwrap(),
        json!({"op": "pause", "component": "etcd"})
    );
    assert_eq!(serde_json::to_value(Request::List).unwrap(), json!({"op": "list"}));
    let read: Request = serde_json::from_value(json!({"op": "kill", "component": "etcd"})).unwrap();
    assert_eq!(read, Request::Kill { component: "etcd".to_owned() });
    assert!(serde_json::from_value::<Request>(json!({"op": "explode"})).is_err());
}

#[test]
fn components_have_the_documented_form() {
    let wire = json!({
        "name": "etcd", "state": "exited", "since": "2025-01-02T03:04:05Z",
        "exit": "signal 9", "restarts": 2, "logFile": "/run/persys/log/etcd.log",
    });
    let component: Component = serde_json::from_value(wire.clone()).unwrap();
    assert_eq!(component.state, ComponentState::Exited);
    assert_eq!(component.pid, None);
    assert_eq!(serde_json::to_value(&component).unwrap(), wire);
}

/// Serves one connection with one answer.
async fn supervisor_that_answers(answer: &'static [u8]) -> (tempfile::TempDir, SupervisorClient) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut request = String::new();
        stream.read_line(&mut request).await.unwrap();
        assert!(request.ends_with('\n'));
        stream.write_all(answer).await.unwrap();
    });
    (folder, SupervisorClient::new(socket))
}

#[tokio::test]
async fn a_refusal_keeps_its_reason() {
    let (_folder, client) =
        supervisor_that_answers(b"{\"ok\":false,\"error\":\"no such component\"}\n").await;
    let error = client.list().await.unwrap_err();
    assert!(matches!(&error, SupervisorError::Refused(why) if why == "no such component"));
}

#[tokio::test]
async fn a_torn_answer_is_no_answer() {
    let (_folder, client) = supervisor_that_answers(b"{\"ok\":true").await;
    assert!(matches!(client.list().await, Err(SupervisorError::Garbled(_))));
}

#[tokio::test]
async fn a_missing_supervisor_is_named() {
    let client = SupervisorClient::new("/nowhere/supervisor.sock");
    let error = client.list().await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/supervisor.sock"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_supervisor_is_not_awaited_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let _listener = UnixListener::bind(&socket).unwrap();
    let error = SupervisorClient::new(socket).list().await.unwrap_err();
    assert!(matches!(error, SupervisorError::Timeout { .. }), "{error}");
}
