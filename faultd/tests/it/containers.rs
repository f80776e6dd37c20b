//! Acts on containers, against an engine that notes what it is asked.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::Request,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use persys_faultd::protocol::Action;
use serde_json::json;
use tokio::net::UnixListener;

use crate::world::{World, code_of};

isolated! {
    async fn containers_are_acted_upon() {
        let world = World::new().await;
        let client = world.client();
        assert!(!client.capabilities().await.unwrap().docker);
        let kill = || Action::ContainerKill { container: "web".to_owned() };
        assert_eq!(code_of(client.act(kill()).await), "unsupported");
        let asked = engine(&world);
        assert!(client.capabilities().await.unwrap().docker);
        let killed = client.act(kill()).await.unwrap().container.unwrap();
        assert_eq!((killed.id.as_str(), killed.status.as_str()), ("web-id", "exited"));
        let container = || "web".to_owned();
        client.act(Action::ContainerStop { container: container() }).await.unwrap();
        client.act(Action::ContainerPause { container: container() }).await.unwrap();
        client.act(Action::ContainerUnpause { container: container() }).await.unwrap();
        let removed = client.act(Action::ContainerRemove { container: container() }).await.unwrap();
        assert_eq!(removed.container.unwrap().status, "removed");
        assert_eq!(
            *asked.lock().unwrap(),
            ["POST web/kill", "POST web/stop", "POST web/pause", "POST web/unpause", "DELETE web"]
        );
        let unknown = client.act(Action::ContainerKill { container: "nobody".to_owned() }).await;
        assert_eq!(code_of(unknown), "unknown_container");
        let crooked = client.act(Action::ContainerKill { container: "../web".to_owned() }).await;
        assert_eq!(code_of(crooked), "bad_request");
    }
}

/// An engine with one container called `web`.
fn engine(world: &World) -> Arc<Mutex<Vec<String>>> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = asked.clone();
    let listener = UnixListener::bind(world.folder.path().join("docker.sock")).unwrap();
    let router = Router::new().fallback(async move |request: Request| answer(&notes, &request));
    tokio::spawn(async move { axum::serve(listener, router).await });
    asked
}

fn answer(notes: &Mutex<Vec<String>>, request: &Request) -> Response {
    let path = request.uri().path();
    if path.ends_with("/version") {
        return Json(json!({"ApiVersion": "1.41", "Version": "20.10"})).into_response();
    }
    // Without a version the engine's own is meant.
    let path = path.strip_prefix("/v1.41").unwrap_or(path);
    let Some(rest) = path.strip_prefix("/containers/") else {
        let body = json!({"message": "client version is too new"});
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    };
    let mut notes = notes.lock().unwrap();
    let removed = notes.iter().any(|note| note == "DELETE web");
    if removed || rest.split('/').next() != Some("web") {
        let body = json!({"message": "No such container"});
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    if request.method() == Method::GET {
        return Json(json!({"Id": "web-id", "State": {"Status": "exited"}})).into_response();
    }
    notes.push(format!("{} {rest}", request.method()));
    StatusCode::NO_CONTENT.into_response()
}
