//! W3C trace context in headers.

use std::collections::HashMap;

use opentelemetry::{propagation::TextMapPropagator, trace::TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// A span for the handling of one message, child of the span that sent it.
pub fn process_span(service: &'static str, kind: &str, traceparent: Option<&str>) -> Span {
    let span = tracing::info_span!(
        "process",
        otel.name = %format_args!("{service} {kind}"),
        otel.kind = "consumer",
        messaging.system = "nats",
        messaging.operation.type = "process",
        messaging.destination.template = kind,
        messaging.consumer.group.name = service,
    );
    adopt(&span, traceparent);
    span
}

/// Makes a span that was not yet entered the child of a remote one.
pub fn adopt(span: &Span, traceparent: Option<&str>) {
    let Some(parent) = traceparent.filter(|_| !span.is_disabled()) else { return };
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), parent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    if let Err(e) = span.set_parent(context) {
        tracing::debug!(error = ?e, "trace context not set");
    }
}

/// What to send along: the span itself if it is recorded, else what came in, so that tracing can be off here
/// and on elsewhere.
pub fn outgoing(span: &Span, incoming: Option<&str>) -> Option<String> {
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return incoming.map(str::to_owned);
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(TRACEPARENT)
}
