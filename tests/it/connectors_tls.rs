//! Connectors over TLS: a server of an Ente with a certificate of the Ente's own authority is trusted, and no other.
//!
//! Certificates and keys are made anew for each test, so that no secret lies in the repository and none runs out.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use centralino::config::Connector;
use centralino::engine::Told;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::connectors::{asked, connector, json, opened, request};

/// An authority that signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("an authority").pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// Its certificate, as `ca_file` names it.
    fn file(&self, dir: &Path) -> PathBuf {
        let path = dir.join("comune-ca.pem");
        std::fs::write(&path, &self.pem).expect("the test's directory can be written");
        path
    }

    /// A server whose certificate it signs, for this name; `until`: the last year in which it is good.
    fn server(&self, name: &str, until: i32) -> SocketAddr {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("they belong together");
        serve(Arc::new(config))
    }
}

/// Answers every request with a ticket, until the test ends.
fn serve(config: Arc<ServerConfig>) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in socket.incoming().map_while(Result::ok) {
            let tls = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = BufReader::new(StreamOwned::new(tls, stream));
            let mut lines = stream.by_ref().lines().map_while(Result::ok);
            // Who does not trust the server says nothing.
            if !lines.any(|line| line.is_empty()) {
                continue;
            }
            let body = r#"{"stato": "aperta"}"#;
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // Nobody may be there any more.
            let _ = stream.get_mut().write_all(format!("{head}{body}").as_bytes());
            stream.get_mut().conn.send_close_notify();
            let _ = stream.get_mut().flush();
        }
    });
    address
}

/// What a connector that trusts `ca_file` is told by the server at this address.
fn told(address: &str, ca_file: Option<&Path>) -> Told {
    let connector = Connector {
        address: format!("https://{address}/api"),
        ca_file: ca_file.map(|file| file.display().to_string()),
        ..connector(([127, 0, 0, 1], 1).into())
    };
    asked(&opened(connector), request("/ticket/12"))
}

#[test]
fn server_with_a_certificate_of_the_named_authority_is_asked_and_every_other_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (own, foreign) = (Authority::new("CA del Comune"), Authority::new("CA di altri"));
    let own_file = own.file(dir.path());
    let good = own.server("localhost", 2100);
    let by_name = |address: SocketAddr| format!("localhost:{}", address.port());
    assert_eq!(told(&by_name(good), Some(&own_file)), json(r#"{"stato": "aperta"}"#));
    for (case, address, ca_file, why) in [
        (
            "an authority that nobody named",
            foreign.server("localhost", 2100),
            Some(&own_file),
            "UnknownIssuer",
        ),
        ("a public authority is wanted", good, None, "UnknownIssuer"),
        ("another name", own.server("altrove.example", 2100), Some(&own_file), "not valid for name"),
        ("a certificate that has run out", own.server("localhost", 2021), Some(&own_file), "expired"),
    ] {
        let Told::Failed(told) = told(&by_name(address), ca_file.map(PathBuf::as_path)) else {
            panic!("{case}: was trusted")
        };
        assert!(told.starts_with("the server cannot be trusted (") && told.contains(why), "{case}: {told}");
    }
}

#[test]
fn server_that_speaks_no_tls_is_told_as_such() {
    let plain = crate::connectors::server();
    let Told::Failed(told) = told(&format!("localhost:{}", plain.port()), None) else {
        panic!("it answered")
    };
    assert!(told.contains("trusted") || told.contains("connection"), "{told}");
}
