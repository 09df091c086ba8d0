//! Headers that tell browsers what not to do, on every answer that the router gives.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::Server;

const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];
/// An answer of the API is data: nothing in it is run, shown in a frame or kept.
const DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
/// The page that shows the document runs its own scripts and asks this service.
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// A year; set only where the answer came over TLS.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds them; a handler's own stand.
pub(super) async fn cover(State(server): State<Server>, request: Request, next: Next) -> Response {
    let page = request.uri().path().starts_with("/docs");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(if page { PAGE } else { DATA });
    if !page {
        headers.entry(CACHE_CONTROL).or_insert(NOT_KEPT);
    }
    if server.tls.is_some() {
        headers.insert(STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
    response
}
