//! The few pages that a browser would see.

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

/// A page with a status and one sentence.
fn page(status: StatusCode, sentence: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>{sentence}</title></head><body><p>{sentence}</p></body></html>\n"
    );
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// What GitHub also shows for an app that it does not know.
pub fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, "Page not found · GitHub")
}

pub fn bad_request() -> Response {
    page(StatusCode::BAD_REQUEST, "The request cannot be understood")
}

pub fn failed() -> Response {
    page(StatusCode::INTERNAL_SERVER_ERROR, "The service failed to answer this request")
}

/// The front page, which tells who this is.
pub async fn home() -> Response {
    page(StatusCode::OK, "This stands in for GitHub in a test network")
}
