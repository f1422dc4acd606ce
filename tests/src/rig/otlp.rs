//! A collector for traces over OTLP/HTTP that keeps what it is sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;

/// Spans, each with the `service.name` of who sent it.
type Spans = Arc<Mutex<Vec<(String, Span)>>>;

/// A collector.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    spans: Spans,
}

impl Collector {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// If the loopback can't be listened on.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let spans = Spans::default();
        let app = Router::new().route("/v1/traces", post(take)).with_state(spans.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, spans }
    }

    /// For the setting `otlp.endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans of a trace (32 hexadecimal digits) that came so far, each with the service that sent it.
    pub fn trace(&self, id: &str) -> Vec<(String, Span)> {
        let spans = self.spans.lock().unwrap();
        spans.iter().filter(|(_, span)| hex::encode(&span.trace_id) == id).cloned().collect()
    }
}

async fn take(State(spans): State<Spans>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    for of_service in request.resource_spans {
        let attributes = of_service.resource.map(|r| r.attributes).unwrap_or_default();
        let name = attributes.into_iter().find(|a| a.key == "service.name").and_then(|a| a.value);
        let name = match name.and_then(|v| v.value) {
            Some(Value::StringValue(name)) => name,
            _ => String::new(),
        };
        let sent = of_service.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.lock().unwrap().extend(sent.map(|span| (name.clone(), span)));
    }
    StatusCode::OK
}
