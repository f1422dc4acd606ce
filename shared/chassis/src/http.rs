//! Public and operations addresses.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use contracts::{
    envelope::{MAX_BODY, too_large},
    problem::Problem,
};
use reqwest::{Client, Url, redirect};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
};
use tracing::Instrument;

use crate::Context;

/// An error as an answer: the status, and the problem as JSON.
#[derive(Debug)]
pub struct HttpProblem(pub StatusCode, pub Problem);

impl IntoResponse for HttpProblem {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

/// `traceparent` of a request, if it has one.
pub fn traceparent(headers: &axum::http::HeaderMap) -> Option<String> {
    headers.get("traceparent").and_then(|v| v.to_str().ok()).filter(|t| t.len() <= 64).map(str::to_owned)
}

/// `Idempotency-Key` of a request that changes something; 1 to 256 characters.
///
/// # Errors
/// It is missing or can't be one.
pub fn idempotency_key(headers: &axum::http::HeaderMap) -> Result<&str, Problem> {
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).filter(|k| !k.is_empty() && k.len() <= 256);
    key.ok_or_else(|| {
        let (zh, en) = ("请给每个动作一个编号，重发时用同一个", "give each act an id of its own; send it again under the same");
        Problem::field("Idempotency-Key", zh, en)
    })
}

/// A client for one address that an operator set: no redirect and no proxy leads elsewhere.
///
/// # Errors
/// The system's TLS can't be used.
pub fn client(patience: Duration) -> reqwest::Result<Client> {
    crate::install_tls();
    Client::builder().timeout(patience).redirect(redirect::Policy::none()).no_proxy().build()
}

/// The address that an operator set as `setting`.
///
/// # Errors
/// It is none, or not of http or https.
pub fn address(url: &str, setting: &str) -> anyhow::Result<Url> {
    let url: Url = url.parse().map_err(|_| anyhow::anyhow!("setting `{setting}` takes an address or nothing"))?;
    anyhow::ensure!(matches!(url.scheme(), "http" | "https"), "setting `{setting}` takes http or https");
    Ok(url)
}

/// Adds what every public address needs: a span, limits, no panic, safe headers.
pub(crate) fn public(router: Router) -> Router {
    let policy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    let fixed = |name, value: &'static str| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    router
        .fallback(|| async {
            HttpProblem(StatusCode::NOT_FOUND, Problem::new("not_found", "没有这个地址", "there is nothing at this address"))
        })
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(30)))
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .layer(CatchPanicLayer::new())
        .layer(fixed(header::CONTENT_SECURITY_POLICY, policy))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(middleware::from_fn(observe))
}

/// One span a request, child of the caller's. The path's template is told, never its values.
async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", |p| p.as_str()).to_owned();
    let span = tracing::info_span!(
        "request",
        otel.name = %format_args!("{} {route}", request.method()),
        otel.kind = "server",
        http.request.method = %request.method(),
        http.route = route,
        http.response.status_code = tracing::field::Empty,
    );
    bus::trace::adopt(&span, traceparent(request.headers()).as_deref());
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        // the limits answer in plain English; ours is for both readers and programs
        // and the rest of the body is not read, so nothing can follow it
        let close = [(header::CONNECTION, "close")];
        return (close, HttpProblem(StatusCode::PAYLOAD_TOO_LARGE, too_large())).into_response();
    }
    response
}

/// Health and metrics.
pub(crate) fn ops(context: Context, registry: prometheus::Registry) -> Router {
    let metrics = move || {
        let registry = registry.clone();
        async move {
            prometheus::TextEncoder::new()
                .encode_to_string(&registry.gather())
                .map_err(|e| (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))
        }
    };
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(readyz))
        .with_state(context)
        .route("/metrics", get(metrics))
}

async fn readyz(State(context): State<Context>) -> Response {
    match context.ready().await {
        Ok(()) => "ok".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
    }
}

/// Serves until `stop`; requests in hand are finished. Nothing if `address` is empty.
pub(crate) async fn serve(
    address: &str,
    setting: &str,
    router: Router,
    stop: CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<Option<SocketAddr>> {
    if address.is_empty() {
        return Ok(None);
    }
    let why = || format!("{address} can't be listened on; is the port taken? change `{setting}`");
    let listener = TcpListener::bind(address).await.with_context(why)?;
    let local = listener.local_addr()?;
    tracing::info!(setting, address = %local, "listening");
    tasks.spawn(async move {
        if let Err(e) = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await {
            tracing::error!(error = %e, "http server ended");
        }
    });
    Ok(Some(local))
}
