//! One port for plain clients and for TLS.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lift_event::Reply;
use lift_gateway::{Settings, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{client_async, tungstenite::Message};

use super::api::{TestGateway, routes, within};

/// A gateway with a certificate, and the certificate.
async fn gateway(settings: Settings) -> (TestGateway, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = Tls::from_der(vec![cert.der().to_vec()], signing_key.serialize_der()).unwrap();
    let settings = Settings { tls: Some(tls), routes: routes(), ..settings };
    let gateway = TestGateway::settings(settings, async |_| {
        Ok(Reply::new(200).with_body("hello").encode().into())
    });
    (gateway.await, cert.der().clone())
}

async fn connect(api: &TestGateway, root: CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(api.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
}

#[tokio::test]
async fn a_port_serves_wss_and_ws() {
    let (api, root) = gateway(Settings::default()).await;
    let url = format!("wss://localhost:{}/local", api.address.port());
    let (mut secure, _) =
        within(client_async(url, connect(&api, root).await)).await.expect("a handshake over TLS");
    let url = format!("ws://{}/local", api.address);
    let socket = TcpStream::connect(api.address).await.unwrap();
    let (mut plain, _) = within(client_async(url, socket)).await.expect("a plain handshake");
    let message = || Message::text(r#"{"action":"two"}"#);
    secure.send(message()).await.unwrap();
    assert_eq!(within(secure.next()).await.unwrap().unwrap(), Message::text("hello"));
    plain.send(message()).await.unwrap();
    assert_eq!(within(plain.next()).await.unwrap().unwrap(), Message::text("hello"));
}

#[tokio::test]
async fn a_page_over_tls_gets_a_wss_url() {
    let (api, root) = gateway(Settings::default()).await;
    let request = b"GET /lift.json HTTP/1.1\r\nhost: localhost:1\r\nconnection: close\r\n\r\n";
    let mut secure = connect(&api, root).await;
    secure.write_all(request).await.unwrap();
    let mut response = String::new();
    let _ = within(secure.read_to_string(&mut response)).await;
    assert!(response.ends_with(r#"{"websocket":"wss://localhost:1/local"}"#), "{response}");
    let mut plain = TcpStream::connect(api.address).await.unwrap();
    plain.write_all(request).await.unwrap();
    let mut response = String::new();
    within(plain.read_to_string(&mut response)).await.unwrap();
    assert!(response.ends_with(r#"{"websocket":"ws://localhost:1/local"}"#), "{response}");
}

#[tokio::test]
async fn clients_that_stop_within_the_tls_handshake_are_dropped() {
    let mut settings = Settings::default();
    settings.limits.header_timeout = Duration::from_millis(50);
    let (api, _) = gateway(settings).await;
    // Nothing, the first byte of a TLS handshake, and a malformed one.
    for bytes in [&b""[..], b"\x16", b"\x16\x03\x01\x00\x05hello"] {
        let mut socket = TcpStream::connect(api.address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = within(socket.read_to_end(&mut rest)).await;
        assert!(!rest.starts_with(b"HTTP"), "{rest:?}");
    }
}
