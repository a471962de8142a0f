//! Certificates: given, or made for the occasion.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// TLS with a certificate for these hosts that nobody has signed but itself.
///
/// # Errors
/// Where a name is none.
pub fn self_signed(hosts: Vec<String>) -> Result<Arc<ServerConfig>, String> {
    let made = rcgen::generate_simple_self_signed(hosts).map_err(|error| error.to_string())?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    config(vec![made.cert.der().clone()], key.into())
}

/// TLS with a certificate and its key, in PEM files.
///
/// # Errors
/// Where the files do not hold them.
pub fn from_files(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let wrong = |path: &Path, error: rustls::pki_types::pem::Error| {
        format!("{}: {error}; a PEM file is expected", path.display())
    };
    let all = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let all: Vec<_> = all.map_err(|error| wrong(certificate, error))?;
    let own = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, error))?;
    config(all, own)
}

fn config(
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, String> {
    // Another part of the program may have installed it already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder().with_no_client_auth();
    let mut config =
        config.with_single_cert(certificates, key).map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
