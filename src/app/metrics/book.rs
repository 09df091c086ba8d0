//! The registry, with a list of what is in it: what is written about metrics is compared with it.

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::{Metric, Registry};

const PREFIX: &str = "paidan";

/// Our own metrics under our prefix, those of the process under the names that everybody uses.
pub(super) struct Book {
    ours: Registry,
    process: Registry,
    names: Vec<(String, &'static str)>,
}

impl Default for Book {
    fn default() -> Self {
        Self { ours: Registry::with_prefix(PREFIX), process: Registry::default(), names: Vec::new() }
    }
}

impl Book {
    /// Something that only grows.
    pub(super) fn counter(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.names.push((format!("{PREFIX}_{name}_total"), "counter"));
        self.ours.register(name, help, metric);
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.names.push((format!("{PREFIX}_{name}"), "gauge"));
        self.ours.register(name, help, metric);
    }

    pub(super) fn histogram(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.names.push((format!("{PREFIX}_{name}"), "histogram"));
        self.ours.register(name, help, metric);
    }

    /// A constant 1 whose labels say something.
    pub(super) fn info(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.names.push((format!("{PREFIX}_{name}_info"), "info"));
        self.ours.register(name, help, metric);
    }

    /// A gauge of the process.
    pub(super) fn process(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.names.push((name.to_owned(), "gauge"));
        self.process.register(name, help, metric);
    }

    pub(super) fn names(&self) -> &[(String, &'static str)] {
        &self.names
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode_registry(&mut text, &self.ours)
            .and_then(|()| encode_registry(&mut text, &self.process))
            .and_then(|()| encode_eof(&mut text));
        text
    }
}
