//! Settings: a TOML file, then the environment (`PAIDAN_…`), then flags; checked as a whole or refused with what to do.
//! It also says what a later reader wants to know: which value came out.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use crate::access::{self, Token};
use crate::diagnostic::nearest;
use crate::http::PublicTerms;
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
    /// Evaluations that may wait; more are turned away with 503.
    pub waiting: usize,
    /// Open connections.
    pub connections: usize,
    /// Requests under way at once; more are turned away with 503.
    pub requests: usize,
    /// Largest body of one request, in bytes. A batch may be that long per line.
    pub body_bytes: usize,
    /// Lines of one batch.
    pub batch_lines: usize,
    /// Seconds a request may take.
    pub request_timeout_s: u64,
    /// Seconds until a connection has sent its whole header.
    pub header_timeout_s: u64,
    /// Seconds that a stop waits for requests under way.
    pub drain_s: u64,
    /// Seconds that a claim holds when the claimant names none.
    pub lease_s: u32,
    /// Memory of the store's cache, in MiB.
    pub cache_mib: u64,
    /// With less room than this (MiB) where the data are, no new tickets are taken.
    pub reserve_mib: u64,
    /// Where rules are edited: `disk` (a saved file goes live) or `api` (the folder is an export).
    pub source: EditedIn,
    /// Whether a second person has to approve what is published through the API.
    pub approval: bool,
    /// Jurisdictions where `source` or `approval` differ.
    pub jurisdiction: BTreeMap<String, OwnTerms>,
    /// What everybody may ask without a token.
    pub public: PublicTerms,
    /// Beside those of the data folder.
    #[serde(rename = "token", alias = "tokens")]
    pub tokens: Vec<Token>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8717)),
            data: "./data".into(),
            packs: None,
            threads: 0,
            waiting: 512,
            connections: 1_024,
            requests: 512,
            body_bytes: 1024 * 1024,
            batch_lines: 1_000,
            request_timeout_s: 30,
            header_timeout_s: 10,
            drain_s: 20,
            lease_s: 300,
            cache_mib: 128,
            reserve_mib: 256,
            source: EditedIn::Disk,
            approval: false,
            jurisdiction: BTreeMap::new(),
            public: PublicTerms::default(),
            tokens: Vec::new(),
        }
    }
}

/// Keys that the environment may set, and whether they are numbers.
const KEYS: [(&str, bool); 16] = [
    ("listen", false),
    ("data", false),
    ("packs", false),
    ("threads", true),
    ("waiting", true),
    ("connections", true),
    ("requests", true),
    ("body_bytes", true),
    ("batch_lines", true),
    ("request_timeout_s", true),
    ("header_timeout_s", true),
    ("drain_s", true),
    ("lease_s", true),
    ("cache_mib", true),
    ("reserve_mib", true),
    ("source", false),
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

    /// How rules come to be live.
    pub fn policy(&self) -> Policy {
        Policy { all: Terms { source: self.source, approval: self.approval }, own: self.jurisdiction.clone() }
    }

    fn check(&self) -> anyhow::Result<()> {
        let at_least_one = [
            ("waiting", self.waiting),
            ("connections", self.connections),
            ("requests", self.requests),
            ("batch_lines", self.batch_lines),
        ];
        for (name, value) in at_least_one {
            ensure!(value >= 1, "{name} must be at least 1");
        }
        ensure!(self.threads <= 256, "threads must be at most 256 (0: one per core)");
        ensure!((4_096..=64 << 20).contains(&self.body_bytes), "body_bytes must be between 4096 and 67108864");
        ensure!(self.request_timeout_s >= 1 && self.header_timeout_s >= 1, "a time-out must be at least 1 second");
        ensure!(self.public.per_minute >= 1, "public.per_minute must be at least 1");
        ensure!((10..=5_000).contains(&self.public.text_chars), "public.text_chars must be between 10 and 5000");
        ensure!((1..=LONGEST_LEASE_S).contains(&self.lease_s), "lease_s must be between 1 and {LONGEST_LEASE_S}");
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
