//! Settings: a TOML file, then the environment (`PAIDAN_…`), then flags; checked as a whole or refused with what to do.
//! It also says what a later reader wants to know: which value came out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use crate::access::{self, JwtSettings, Token};
use crate::audit::LEAST_DAYS;
use crate::diagnostic::nearest;
use crate::http::{PublicTerms, RateTerms};
use crate::releases::{EditedIn, OwnTerms, Policy, Terms};
use crate::ticket::LONGEST_LEASE_S;

/// Everything that can be set for `paidan serve`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port to serve on. Anything but loopback needs tokens.
    pub listen: SocketAddr,
    /// Folder of the store; made when missing.
    pub data: PathBuf,
    /// Folder with `rules/`, `dictionaries/`, `kb-index/`; the working directory's, else what is compiled in.
    pub packs: Option<PathBuf>,
    /// Evaluation threads; 0: one per core.
    pub threads: usize,
    /// Evaluations of one kind that may wait; more are turned away with 503.
    pub waiting: usize,
    /// Milliseconds that a posted request may have to wait for its evaluation; who would wait longer is turned away with 503.
    pub patience_ms: u64,
    /// Open connections.
    pub connections: usize,
    /// Open connections of one address; 0: any number, as behind a proxy.
    pub connections_per_address: usize,
    /// Requests under way at once, posts of machines at most three quarters; more are turned away with 503.
    pub requests: usize,
    /// Largest body of one request, in bytes. A batch may be that long per line.
    pub body_bytes: usize,
    /// Lines of one batch.
    pub batch_lines: usize,
    /// Seconds a request may take.
    pub request_timeout_s: u64,
    /// Seconds until a connection has sent its whole header.
    pub header_timeout_s: u64,
    /// Seconds until a connection without requests is closed (HTTP/1: `header_timeout_s`).
    pub idle_timeout_s: u64,
    /// Seconds that a stop waits for requests under way.
    pub drain_s: u64,
    /// Seconds that a claim holds when the claimant names none.
    pub lease_s: u32,
    /// Memory of the store's cache, in MiB.
    pub cache_mib: u64,
    /// Days for which the audit log is kept; at least 180.
    pub audit_days: u32,
    /// Folder of the keys; `keys` in the data folder when absent.
    pub keys: Option<PathBuf>,
    /// Refuse to start without a master key.
    pub encryption: bool,
    /// With less room than this (MiB) where the data are, no new tickets are taken.
    pub reserve_mib: u64,
    /// Where rules are edited: `disk` (a saved file goes live) or `api` (the folder is an export).
    pub source: EditedIn,
    /// Whether a second person has to approve what is published through the API.
    pub approval: bool,
    /// Jurisdictions where `source` or `approval` differ.
    pub jurisdiction: BTreeMap<String, OwnTerms>,
    /// How the log is written: `text` or `json`.
    pub log_format: LogFormat,
    /// Where spans of requests go; only where the program was built with the feature `otel`.
    pub trace: Option<Trace>,
    /// What everybody may ask without a token.
    pub public: PublicTerms,
    /// How often one client may come.
    pub rate: RateTerms,
    /// Logins of the platform's own.
    pub jwt: Option<JwtSettings>,
    /// Certificate and key: with them, TLS is spoken.
    pub tls: Option<TlsFiles>,
    /// Beside those of the data folder.
    #[serde(rename = "token", alias = "tokens")]
    pub tokens: Vec<Token>,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// A collector of spans.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// OTLP over HTTP, with its path: `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: String,
}

/// Where a certificate with its chain and its private key are, as PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8717)),
            data: "./data".into(),
            packs: None,
            threads: 0,
            waiting: 512,
            patience_ms: 250,
            connections: 10_000,
            connections_per_address: 0,
            requests: 512,
            body_bytes: 1024 * 1024,
            batch_lines: 1_000,
            request_timeout_s: 30,
            header_timeout_s: 10,
            idle_timeout_s: 60,
            drain_s: 20,
            lease_s: 300,
            cache_mib: 128,
            audit_days: 365,
            keys: None,
            encryption: false,
            reserve_mib: 256,
            source: EditedIn::Disk,
            approval: false,
            jurisdiction: BTreeMap::new(),
            log_format: LogFormat::Text,
            trace: None,
            public: PublicTerms::default(),
            rate: RateTerms::default(),
            jwt: None,
            tls: None,
            tokens: Vec::new(),
        }
    }
}

/// Keys that the environment may set, and whether they are numbers.
const KEYS: [(&str, bool); 22] = [
    ("listen", false),
    ("data", false),
    ("packs", false),
    ("threads", true),
    ("waiting", true),
    ("patience_ms", true),
    ("connections", true),
    ("connections_per_address", true),
    ("requests", true),
    ("body_bytes", true),
    ("batch_lines", true),
    ("request_timeout_s", true),
    ("header_timeout_s", true),
    ("idle_timeout_s", true),
    ("drain_s", true),
    ("lease_s", true),
    ("cache_mib", true),
    ("audit_days", true),
    ("keys", false),
    ("reserve_mib", true),
    ("source", false),
    ("log_format", false),
];

const PREFIX: &str = "PAIDAN_";
/// Variables with our prefix that are no settings: the file, the log filter, a client's token.
const OTHERS: [&str; 3] = ["PAIDAN_CONFIG", "PAIDAN_LOG", "PAIDAN_TOKEN"];

/// What the command line sets.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub listen: Option<SocketAddr>,
    pub data: Option<PathBuf>,
    pub packs: Option<PathBuf>,
}

impl Settings {
    /// Reads the file, if there is one, and the process's environment.
    pub fn load(file: Option<&Path>, flags: Flags) -> anyhow::Result<Self> {
        let named = env_value("PAIDAN_CONFIG").map(PathBuf::from);
        let file = file.map(Path::to_owned).or(named);
        let text = match &file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("reading the configuration {}", path.display()))?,
            None => String::new(),
        };
        let vars =
            std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        let name = file.map_or_else(|| "the configuration".into(), |path| path.display().to_string());
        Self::resolve(&name, &text, vars, flags)
    }

    /// The same from values.
    pub fn resolve(
        file: &str,
        text: &str,
        vars: impl IntoIterator<Item = (String, String)>,
        flags: Flags,
    ) -> anyhow::Result<Self> {
        let mut table: toml::Table = toml::from_str(text).with_context(|| format!("{file} is not TOML"))?;
        for (key, value) in
            vars.into_iter().filter(|(key, _)| key.starts_with(PREFIX) && !OTHERS.contains(&key.as_str()))
        {
            let (key, value) = from_environment(&key, value)?;
            table.insert(key, value);
        }
        let mut settings: Self = table.try_into().with_context(|| format!("{file}: a setting is wrong"))?;
        settings.listen = flags.listen.unwrap_or(settings.listen);
        settings.data = flags.data.unwrap_or(settings.data);
        settings.packs = flags.packs.or(settings.packs);
        settings.check()?;
        Ok(settings)
    }

    /// Where the keys are.
    pub fn keys_dir(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    /// How rules come to be live.
    pub fn policy(&self) -> Policy {
        Policy { all: Terms { source: self.source, approval: self.approval }, own: self.jurisdiction.clone() }
    }

    fn check(&self) -> anyhow::Result<()> {
        let at_least_one = [
            ("waiting", self.waiting),
            ("connections", self.connections),
            ("requests", self.requests),
            ("patience_ms", usize::try_from(self.patience_ms).unwrap_or(usize::MAX)),
            ("batch_lines", self.batch_lines),
        ];
        for (name, value) in at_least_one {
            ensure!(value >= 1, "{name} must be at least 1");
        }
        ensure!(self.threads <= 256, "threads must be at most 256 (0: one per core)");
        ensure!((4_096..=64 << 20).contains(&self.body_bytes), "body_bytes must be between 4096 and 67108864");
        let timeouts = [self.request_timeout_s, self.header_timeout_s, self.idle_timeout_s];
        ensure!(timeouts.iter().all(|&seconds| seconds >= 1), "a time-out must be at least 1 second");
        ensure!(self.public.per_minute >= 1, "public.per_minute must be at least 1");
        ensure!((10..=5_000).contains(&self.public.text_chars), "public.text_chars must be between 10 and 5000");
        ensure!((1..=LONGEST_LEASE_S).contains(&self.lease_s), "lease_s must be between 1 and {LONGEST_LEASE_S}");
        if let Some(trace) = &self.trace {
            ensure!(
                cfg!(feature = "otel"),
                "[trace] is set, but this program was built without spans: build it with --features otel, or remove [trace]"
            );
            ensure!(trace.endpoint.starts_with("http://"), "trace.endpoint must begin with http://");
        }
        ensure!(self.audit_days >= LEAST_DAYS, "audit_days must be at least {LEAST_DAYS}: the law asks for six months");
        ensure!((1..=1_000_000).contains(&self.rate.per_second), "rate.per_second must be between 1 and 1000000");
        ensure!((1..=1_000_000).contains(&self.rate.burst), "rate.burst must be between 1 and 1000000");
        self.jwt.as_ref().map_or(Ok(()), JwtSettings::check)?;
        access::check(&self.tokens)
    }
}

fn from_environment(name: &str, value: String) -> anyhow::Result<(String, toml::Value)> {
    let key = name[PREFIX.len()..].to_ascii_lowercase();
    let Some((_, number)) = KEYS.iter().find(|(known, _)| *known == key) else {
        let known: Vec<String> = KEYS.iter().map(|(key, _)| format!("{PREFIX}{}", key.to_ascii_uppercase())).collect();
        bail!("the environment sets {name}, which is no setting; {}", nearest(name, known.iter().map(String::as_str)));
    };
    let value = match number {
        true => toml::Value::Integer(value.parse().with_context(|| format!("{name} must be a whole number"))?),
        false => toml::Value::String(value),
    };
    Ok((key, value))
}

#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
pub(crate) fn env_value(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests;
