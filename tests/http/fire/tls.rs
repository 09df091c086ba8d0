//! TLS: two files, both protocols, and who speaks something else.

use std::path::Path;
use std::sync::Arc;

use paidan::config::{Settings, TlsFiles};
use paidan::http::Tls;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::{PATIENCE, Running, exchange, serving, statuses};

/// A new pair in the folder; what a client must trust.
fn pair(folder: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a pair");
    let files = TlsFiles { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.cert, cert.pem()).expect("written");
    std::fs::write(&files.key, signing_key.serialize_pem()).expect("written");
    (files, cert.der().clone())
}

async fn shake(
    running: &Running,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a root");
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, running.connect().await);
    tokio::time::timeout(PATIENCE, shaken).await.expect("it does not hang")
}

const WELL: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn both_versions_and_both_protocols_are_spoken() {
    let folder = tempfile::tempdir().expect("a folder");
    let (files, trusted) = pair(folder.path());
    let tls = Tls::load(&files).expect("a pair");
    let running = serving(Settings { header_timeout_s: 1, ..Settings::default() }, Some(tls.clone())).await;
    for version in [&TLS12, &TLS13] {
        let mut stream = shake(&running, &trusted, &[version], &["http/1.1"]).await.expect("a handshake");
        let told = exchange(&mut stream, WELL).await;
        assert_eq!(statuses(&told), [200], "{told}");
        assert!(told.contains("strict-transport-security: max-age="), "{told}");
    }
    let stream = shake(&running, &trusted, &[&TLS13], &["h2", "http/1.1"]).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    // What is no TLS hears so; half a handshake is not waited for.
    let told = running.tell(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(statuses(&told), [400], "{told}");
    assert!(told.contains("https://"), "{told}");
    for half in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        running.tell(half).await;
    }
    // Another pair in the same files: who trusts the new one is served, who trusts the old one is not.
    let (_, renewed) = pair(folder.path());
    tls.reload().expect("a pair");
    let mut stream = shake(&running, &renewed, &[&TLS13], &[]).await.expect("a handshake");
    assert_eq!(statuses(&exchange(&mut stream, WELL).await), [200]);
    assert!(shake(&running, &trusted, &[&TLS13], &[]).await.is_err());
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = tempfile::tempdir().expect("a folder");
    let (files, _) = pair(folder.path());
    let (others, _) = pair(other.path());
    let swapped = TlsFiles { cert: files.key.clone(), key: files.cert.clone() };
    let mixed = TlsFiles { cert: files.cert.clone(), key: others.key };
    let missing = TlsFiles { cert: folder.path().join("nothing.pem"), key: files.key.clone() };
    for (files, expected) in [(swapped, "no certificate"), (mixed, "do not fit together"), (missing, "nothing.pem")] {
        let said = Tls::load(&files).map(drop).map_err(|err| format!("{err:#}")).expect_err("it is refused");
        assert!(said.contains(expected), "{said}");
    }
    // A pair that is spoilt later changes nothing.
    let tls = Tls::load(&files).expect("a pair");
    std::fs::write(&files.key, "spoilt").expect("written");
    assert!(tls.reload().is_err());
}
