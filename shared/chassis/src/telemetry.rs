//! Logs, traces and metrics: one set-up for every service.

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    trace::{Sampler, SdkTracerProvider},
};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt};

use crate::Settings;

/// The pipelines; [`Telemetry::shutdown`] comes last, or the spans of the last batch are lost.
#[derive(Debug)]
pub struct Telemetry {
    tracer: Option<SdkTracerProvider>,
    meter: SdkMeterProvider,
    registry: prometheus::Registry,
}

impl Telemetry {
    /// Sets up logs, traces and metrics for this process.
    pub fn install(name: &'static str, settings: &Settings) -> anyhow::Result<Self> {
        let resource = Resource::builder().with_service_name(name).build();
        let registry = prometheus::Registry::new();
        let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
        let meter = SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(reader).build();
        opentelemetry::global::set_meter_provider(meter.clone());
        let otlp = &settings.common.otlp;
        let tracer = (!otlp.endpoint.is_empty()).then(|| tracer(&otlp.endpoint, otlp.sample, resource)).transpose()?;
        subscribe(settings, tracer.as_ref())?;
        Ok(Self { tracer, meter, registry })
    }

    /// Where the metrics are collected.
    pub fn registry(&self) -> prometheus::Registry {
        self.registry.clone()
    }

    /// Sends what is left.
    pub fn shutdown(&self) {
        if let Some(Err(e)) = self.tracer.as_ref().map(SdkTracerProvider::shutdown) {
            eprintln!("traces not flushed: {e}");
        }
        if let Err(e) = self.meter.shutdown() {
            eprintln!("metrics not flushed: {e}");
        }
    }
}

fn tracer(endpoint: &str, sample: f64, resource: Resource) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .context("otlp.endpoint can't be used")?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample)));
    Ok(SdkTracerProvider::builder().with_resource(resource).with_sampler(sampler).with_batch_exporter(exporter).build())
}

fn subscribe(settings: &Settings, tracer: Option<&SdkTracerProvider>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.common.log.filter).context("log.filter can't be used")?;
    let text = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let text =
        if settings.common.log.json { text.json().with_current_span(false).with_span_list(false).boxed() } else { text.boxed() };
    let spans = tracer.map(|t| {
        tracing_opentelemetry::layer()
            .with_tracer(t.tracer("gridline"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
    });
    let subscriber = tracing_subscriber::registry().with(filter).with(spans).with(text);
    tracing::subscriber::set_global_default(subscriber).context("telemetry was set up twice")
}
