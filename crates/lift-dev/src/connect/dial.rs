//! The handshake: returns a socket, or an error with the server's answer and what to do.

use std::{io, sync::Arc};

use anyhow::{Context as _, anyhow, bail};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        Error,
        client::IntoClientRequest as _,
        http::{HeaderValue, Response, Uri, header::SEC_WEBSOCKET_PROTOCOL},
    },
};

use crate::{args::ConnectArgs, escape::line};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An open connection.
pub(super) struct Connected {
    pub(super) socket: Socket,
    /// The subprotocol that the server chose.
    pub(super) subprotocol: Option<String>,
}

pub(super) async fn dial(url: &Uri, args: &ConnectArgs) -> anyhow::Result<Connected> {
    let mut request = url.clone().into_client_request().context("the URL is not valid")?;
    for (name, value) in &args.headers {
        request.headers_mut().append(name, value.clone());
    }
    if !args.subprotocols.is_empty() {
        let offers = HeaderValue::from_str(&args.subprotocols.join(", "));
        let offers = offers.context("a subprotocol is not a valid name")?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, offers);
    }
    let connector = match url.scheme_str() {
        Some("wss") => tls()?,
        _ => Connector::Plain,
    };
    let connecting = connect_async_tls_with_config(request, None, true, Some(connector));
    let seconds = args.timeout.as_secs_f64();
    let connected = timeout(args.timeout, connecting).await;
    match connected.map_err(|_| anyhow!("{url} did not answer the handshake in {seconds} s"))? {
        Ok((socket, response)) => {
            let chosen = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
            let subprotocol = chosen.map(|name| String::from_utf8_lossy(name.as_bytes()).into());
            Ok(Connected { socket, subprotocol })
        }
        Err(Error::Http(refusal)) => bail!("{}", refused(&refusal)),
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            bail!("nothing listens at {url}: start `lift dev PATH` first, or give another URL")
        }
        Err(Error::Io(error)) if url.scheme_str() == Some("wss") && is_without_tls(&error) => {
            let plain = format!("ws{}", url.to_string().trim_start_matches("wss"));
            bail!("there is no TLS at {url}: use {plain}")
        }
        Err(error) => Err(error).with_context(|| format!("cannot connect to {url}")),
    }
}

/// Whether the server answered the TLS handshake with something else, or closed the connection.
fn is_without_tls(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    error.kind() == io::ErrorKind::UnexpectedEof
        || matches!(cause, Some(rustls::Error::InvalidMessage(_)))
}

fn tls() -> anyhow::Result<Connector> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        bail!("this system has no root certificates, which wss:// needs");
    }
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Connector::Rustls(Arc::new(config)))
}

/// An error for the answer that refused the handshake.
fn refused(response: &Response<Option<Vec<u8>>>) -> String {
    let status = response.status();
    let body = String::from_utf8_lossy(response.body().as_deref().unwrap_or_default());
    let hint = match status.as_u16() {
        401 => ": the app or its authorizer needs other credentials",
        403 => ": forbidden by the app or its authorizer, or the stage in the URL is wrong",
        404 | 426 => ": there is no WebSocket API at this URL",
        429 => ": too many handshakes, try again later",
        500..=599 => ": the function failed; its log says why",
        _ => "",
    };
    let body = line(body.trim());
    let space = if body.is_empty() { "" } else { " " };
    format!("the handshake was refused with {status}{space}{body}{hint}")
}
