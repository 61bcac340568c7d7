//! Builds and performs handshakes.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tokio::{net::TcpSocket, time::timeout};
use tokio_tungstenite::{
    client_async_tls_with_config,
    tungstenite::{Error, client::IntoClientRequest},
};

use crate::{
    Api, CaseResult, Finding, TargetApi,
    client::Client,
    probe::{AUTHORIZER, CONNECT, DISCONNECT, Instructions},
};

/// A handshake to perform.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    api: TargetApi,
    path: String,
    headers: Vec<(&'static str, String)>,
    signed: bool,
    receive_buffer: Option<u32>,
    timeout: Duration,
}

/// The gateway's response to a handshake.
#[derive(Clone, Debug)]
pub(crate) struct HandshakeResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl TargetApi {
    /// A handshake with the credentials that the API requires.
    pub(crate) fn handshake(&self) -> Handshake {
        let handshake = Handshake {
            api: self.clone(),
            path: String::new(),
            headers: Vec::new(),
            signed: self.api == Api::Iam,
            receive_buffer: None,
            timeout: self.timing.arrival_timeout,
        };
        match (self.api, &self.api_key) {
            (Api::Token, _) => handshake.path("?token=t-1"),
            (Api::Keyed, Some(key)) => handshake.header("x-api-key", key.clone()),
            _ => handshake,
        }
    }

    /// A connected client.
    pub(crate) async fn client(&self) -> CaseResult<Client> {
        self.handshake().open().await
    }
}

impl Handshake {
    /// Sets the part of the URL after the stage.
    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Removes headers, query and signature.
    pub(crate) fn without_credentials(mut self) -> Self {
        self.headers.clear();
        self.path.clear();
        self.signed = false;
        self
    }

    pub(crate) fn authorizer(self, instructions: &Instructions) -> Self {
        self.instructions(AUTHORIZER, instructions)
    }

    pub(crate) fn connect(self, instructions: &Instructions) -> Self {
        self.instructions(CONNECT, instructions)
    }

    pub(crate) fn disconnect(self, instructions: &Instructions) -> Self {
        self.instructions(DISCONNECT, instructions)
    }

    fn instructions(self, name: &'static str, instructions: &Instructions) -> Self {
        let text = serde_json::to_string(instructions).unwrap_or_default();
        self.header(name, text)
    }

    /// Sets the receive buffer; with a small one the gateway soon notices a client that does not read.
    pub(crate) fn receive_buffer(mut self, bytes: u32) -> Self {
        self.receive_buffer = Some(bytes);
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Opens a connection; any status but 101 is a difference.
    pub(crate) async fn open(self) -> CaseResult<Client> {
        match self.make().await? {
            Ok(client) => Ok(client),
            Err(answer) => Err(Finding::differs("a handshake that succeeds", answer.line())),
        }
    }

    /// The gateway's response. After a 101 the connection is closed.
    pub(crate) async fn answer(self) -> CaseResult<HandshakeResponse> {
        Ok(match self.make().await? {
            Ok(client) => HandshakeResponse {
                status: 101,
                headers: client.headers.clone(),
                body: String::new(),
            },
            Err(answer) => answer,
        })
    }

    /// The status of the response.
    pub(crate) async fn status(self) -> CaseResult<u16> {
        Ok(self.answer().await?.status)
    }

    async fn make(self) -> CaseResult<Result<Client, HandshakeResponse>> {
        let limit = self.timeout;
        let made = Box::pin(self.made());
        timeout(limit, made)
            .await
            .unwrap_or_else(|_| Err(Finding::differs("an answer to the handshake", "none in time")))
    }

    async fn made(self) -> CaseResult<Result<Client, HandshakeResponse>> {
        let request = self.request().map_err(|error| Finding::skipped(error.to_string()))?;
        let failed = |error: Error| Finding::differs("an answer to the handshake", error);
        let stream = self.stream(&request).await.map_err(|error| failed(error.into()))?;
        match client_async_tls_with_config(request, stream, None, None).await {
            Ok((socket, response)) => {
                let headers = response.into_parts().0.headers;
                Ok(Ok(Client::new(socket, headers, self.api.timing)))
            }
            Err(Error::Http(response)) => {
                let (head, body) = response.into_parts();
                let body = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
                Ok(Err(HandshakeResponse {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body,
                }))
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn request(&self) -> anyhow::Result<Request<()>> {
        let mut request = format!("{}{}", self.api.url, self.path).into_client_request()?;
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value)?;
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        if self.signed {
            match &self.api.keys {
                Some(keys) => keys.sign(&mut request, b"")?,
                None => anyhow::bail!("there are no credentials to sign with"),
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

impl HandshakeResponse {
    /// Status and body in a line.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.status, self.body)
    }
}
