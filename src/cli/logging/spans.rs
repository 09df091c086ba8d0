//! Spans to an OpenTelemetry collector over HTTP: request → triage with its stages → commit.

use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::Anywhere;
use crate::config::Settings;

/// Spans of our own, stages included; nothing of what libraries say.
const FILTER: &str = "off,paidan=debug";

/// How long a stop waits for the last spans.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sends in the background; dropped, it sends what is left.
pub(super) struct Sending(SdkTracerProvider);

impl Drop for Sending {
    fn drop(&mut self) {
        // Whoever stops the service does not wait for a collector that is gone.
        let _ = self.0.shutdown_with_timeout(PATIENCE);
    }
}

pub(super) fn add(mut layers: Vec<Anywhere>, settings: &Settings) -> anyhow::Result<(Vec<Anywhere>, Option<Sending>)> {
    let Some(trace) = &settings.trace else { return Ok((layers, None)) };
    let exporter = SpanExporter::builder().with_http().with_endpoint(&trace.endpoint).build();
    let exporter = exporter.with_context(|| format!("trace.endpoint {}", trace.endpoint))?;
    let resource = Resource::builder().with_service_name("paidan").build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("paidan"));
    layers.push(spans.with_filter(EnvFilter::new(FILTER)).boxed());
    Ok((layers, Some(Sending(provider))))
}
