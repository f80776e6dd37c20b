//! File, environment and flags: the later wins.

use persys_identity::Credentials;

use crate::gateway::{FakeGateway, run, stderr};

#[tokio::test]
async fn the_file_in_the_home_folder_is_enough() {
    let gateway = FakeGateway::always(200, r#"{"nodes":[]}"#).await;
    let folder = gateway.folder.path().join(".config/persys");
    std::fs::create_dir_all(&folder).unwrap();
    let config = serde_json::json!({
        "gateway": format!("https://{}", gateway.address), "cert": "../../client.crt",
        "key": "../../client.key", "ca": "../../ca.crt",
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let output = run(&["node", "list"], gateway.folder.path(), &[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    // The environment overrides the file, and a flag the environment.
    let elsewhere = [("PERSYS_GATEWAY", "https://127.0.0.1:1")];
    let output = run(&["node", "list"], gateway.folder.path(), &elsewhere).await;
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let here = format!("https://{}", gateway.address);
    let output =
        run(&["node", "list", "--gateway", &here], gateway.folder.path(), &elsewhere).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[tokio::test]
async fn the_environment_is_enough() {
    let gateway = FakeGateway::always(200, r#"{"nodes":[]}"#).await;
    let files = Credentials::in_folder(gateway.folder.path(), "client");
    let address = format!("https://{}", gateway.address);
    let variables = [
        ("PERSYS_GATEWAY", address.as_str()),
        ("TLS_CERT", files.cert.to_str().unwrap()),
        ("TLS_KEY", files.key.to_str().unwrap()),
        ("TLS_CA", files.ca.to_str().unwrap()),
    ];
    let output = run(&["node", "list"], gateway.folder.path(), &variables).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[tokio::test]
async fn what_is_not_set_is_named_with_the_ways_to_set_it() {
    let home = tempfile::tempdir().unwrap();
    let output = run(&["node", "list"], home.path(), &[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--gateway, PERSYS_GATEWAY"), "{}", stderr(&output));
    let gateway = ["node", "list", "--gateway", "https://127.0.0.1:1"];
    let output = run(&gateway, home.path(), &[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--cert, TLS_CERT"), "{}", stderr(&output));
}
