//! TLS: a certificate and its key from two files, read again when they change. A pair that does not fit stops the start and,
//! later, changes nothing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};
use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What connections are accepted with. A cheap clone.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: TlsFiles,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads both files; an error says which one is wrong.
    pub fn load(files: &TlsFiles) -> anyhow::Result<Self> {
        let config = ArcSwap::new(read(files)?);
        Ok(Self(Arc::new(Inner { files: files.clone(), config })))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.config.load_full())
    }

    /// Takes over the files as they are now; what does not fit changes nothing.
    pub fn reload(&self) -> anyhow::Result<()> {
        self.0.config.store(read(&self.0.files)?);
        Ok(())
    }

    /// Reloads whenever one of the files changes; until it is dropped.
    pub(super) async fn follow(self) {
        let mut known = self.0.files.stamps();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.0.files.stamps();
            if now == known {
                continue;
            }
            match self.reload() {
                Ok(()) => {
                    known = now;
                    tracing::info!(cert = %self.0.files.cert.display(), "the certificate was read again");
                }
                // Perhaps only one of the two was written so far: it is tried again.
                Err(error) => tracing::error!(error = %format!("{error:#}"), "the certificate stays as it was"),
            }
        }
    }
}

impl TlsFiles {
    /// What shows that a file is another one.
    fn stamps(&self) -> [Option<(SystemTime, u64, u64)>; 2] {
        [&self.cert, &self.key].map(|path| {
            let about = fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len(), about.ino()))
        })
    }
}

fn read(files: &TlsFiles) -> anyhow::Result<Arc<ServerConfig>> {
    let TlsFiles { cert, key } = files;
    let name = |what: &str, path: &Path| format!("tls.{what}: {}", path.display());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .with_context(|| format!("{} cannot be read as PEM", name("cert", cert)))?;
    ensure!(!chain.is_empty(), "{} holds no certificate (-----BEGIN CERTIFICATE-----)", name("cert", cert));
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("{} holds no private key in PEM", name("key", key)))?;
    if fs::metadata(key).is_ok_and(|about| about.mode() & 0o007 != 0) {
        tracing::warn!(key = %key.display(), "the private key can be read by everybody on this machine: chmod 600");
    }
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .with_context(|| format!("{} and {} do not fit together", name("cert", cert), name("key", key)))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
