//! A handshake, as a case wants it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tokio::{net::TcpSocket, time::timeout};
use tokio_tungstenite::{
    client_async_tls_with_config,
    tungstenite::{Error, client::IntoClientRequest},
};

use crate::{
    Api, Finding, Observed, Site,
    client::Client,
    probe::{AUTHORIZER, CONNECT, DISCONNECT, Orders},
};

/// A handshake that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct Knock {
    site: Site,
    path: String,
    headers: Vec<(&'static str, String)>,
    signed: bool,
    receive_buffer: Option<u32>,
    patience: Duration,
}

/// How the gateway answered a handshake.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Site {
    /// A handshake with what the API asks for, and nothing else.
    pub(crate) fn knock(&self) -> Knock {
        let knock = Knock {
            site: self.clone(),
            path: String::new(),
            headers: Vec::new(),
            signed: self.api == Api::Iam,
            receive_buffer: None,
            patience: self.waits.patience,
        };
        match (self.api, &self.api_key) {
            (Api::Token, _) => knock.path("?token=t-1"),
            (Api::Keyed, Some(key)) => knock.header("x-api-key", key.clone()),
            _ => knock,
        }
    }

    /// A client that is connected.
    pub(crate) async fn client(&self) -> Observed<Client> {
        self.knock().open().await
    }
}

impl Knock {
    /// What follows the stage in the URL.
    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// No header that the API asks for, no signature.
    pub(crate) fn empty_handed(mut self) -> Self {
        self.headers.clear();
        self.path.clear();
        self.signed = false;
        self
    }

    pub(crate) fn authorizer(self, orders: &Orders) -> Self {
        self.orders(AUTHORIZER, orders)
    }

    pub(crate) fn connect(self, orders: &Orders) -> Self {
        self.orders(CONNECT, orders)
    }

    pub(crate) fn disconnect(self, orders: &Orders) -> Self {
        self.orders(DISCONNECT, orders)
    }

    fn orders(self, name: &'static str, orders: &Orders) -> Self {
        let text = serde_json::to_string(orders).unwrap_or_default();
        self.header(name, text)
    }

    /// A small receive buffer, so that a client that does not read is noticed soon.
    pub(crate) fn receive_buffer(mut self, bytes: u32) -> Self {
        self.receive_buffer = Some(bytes);
        self
    }

    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Opens a connection; anything but 101 is a finding.
    pub(crate) async fn open(self) -> Observed<Client> {
        match self.make().await? {
            Ok(client) => Ok(client),
            Err(answer) => Err(Finding::differs("a handshake that succeeds", answer.line())),
        }
    }

    /// The gateway's answer; 101 closes the connection again.
    pub(crate) async fn answer(self) -> Observed<Answer> {
        Ok(match self.make().await? {
            Ok(client) => {
                Answer { status: 101, headers: client.headers.clone(), body: String::new() }
            }
            Err(answer) => answer,
        })
    }

    /// The status alone.
    pub(crate) async fn status(self) -> Observed<u16> {
        Ok(self.answer().await?.status)
    }

    async fn make(self) -> Observed<Result<Client, Answer>> {
        let patience = self.patience;
        let made = Box::pin(self.made());
        timeout(patience, made)
            .await
            .unwrap_or_else(|_| Err(Finding::differs("an answer to the handshake", "none in time")))
    }

    async fn made(self) -> Observed<Result<Client, Answer>> {
        let request = self.request().map_err(|error| Finding::skipped(error.to_string()))?;
        let failed = |error: Error| Finding::differs("an answer to the handshake", error);
        let stream = self.stream(&request).await.map_err(|error| failed(error.into()))?;
        match client_async_tls_with_config(request, stream, None, None).await {
            Ok((socket, response)) => {
                let headers = response.into_parts().0.headers;
                Ok(Ok(Client::new(socket, headers, self.site.waits)))
            }
            Err(Error::Http(response)) => {
                let (head, body) = response.into_parts();
                let body = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
                Ok(Err(Answer { status: head.status.as_u16(), headers: head.headers, body }))
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn request(&self) -> anyhow::Result<Request<()>> {
        let mut request = format!("{}{}", self.site.url, self.path).into_client_request()?;
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value)?;
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        if self.signed {
            match &self.site.keys {
                Some(keys) => keys.sign(&mut request, b"")?,
                None => anyhow::bail!("there are no keys to sign with"),
            }
        }
        Ok(request)
    }

    async fn stream(&self, request: &Request<()>) -> std::io::Result<tokio::net::TcpStream> {
        let uri = request.uri();
        let default = if uri.scheme_str() == Some("wss") { 443 } else { 80 };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let mut last = std::io::Error::other("the host has no address");
        for address in tokio::net::lookup_host((host, uri.port_u16().unwrap_or(default))).await? {
            let socket =
                if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            if let Some(bytes) = self.receive_buffer {
                socket.set_recv_buffer_size(bytes)?;
            }
            match socket.connect(address).await {
                Ok(stream) => {
                    // A second message must not wait for the first one's acknowledgement.
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl Answer {
    /// What was seen, in a line.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.status, self.body)
    }
}
