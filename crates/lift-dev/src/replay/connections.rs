//! The `@connections` of a replay, without clients: connections that were open in the recording accept posts
//! and keep them for the comparison; all other connections are gone.

use std::{
    collections::{BTreeMap, HashMap},
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use lift_local::{Admitted, Guard, HEAD_TIMEOUT, HostNames};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;

use crate::{lock::lock, recording::MessageText};

/// The open connections, and what was posted to them. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// When each was opened, in milliseconds since 1970.
    open: HashMap<String, u64>,
    posted: BTreeMap<String, Vec<MessageText>>,
}

impl Connections {
    /// Opens the connection `id`, which accepts posts from now on.
    pub(crate) fn open(&self, id: &str, at: u64) {
        self.state().open.insert(id.to_owned(), at);
    }

    /// Closes the connection `id`.
    pub(crate) fn close(&self, id: &str) {
        self.state().open.remove(id);
    }

    /// The posts to each connection, in order.
    pub(crate) fn posted(&self) -> BTreeMap<String, Vec<MessageText>> {
        self.state().posted.clone()
    }

    /// Serves calls. Never returns.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let api = move |request| {
            let connections = self.clone();
            async move { Ok(connections.answer(request).await) }
        };
        let guard = Guard::programs(HostNames::default());
        lift_local::serve(&listener, &guard, Some(HEAD_TIMEOUT), api, pending()).await;
    }

    async fn answer(&self, request: Admitted<Incoming>) -> Response<Full<Bytes>> {
        let request = request.into_request();
        let path = request.uri().path().to_owned();
        let method = request.method().clone();
        // An incomplete body is an invalid call.
        let Ok(body) = request.into_body().collect().await else {
            return answer(StatusCode::BAD_REQUEST, String::new());
        };
        let id = path.rsplit('/').next().unwrap_or_default();
        let id = percent_decode_str(id).decode_utf8_lossy().into_owned();
        let mut state = self.state();
        let Some(&since) = state.open.get(&id) else { return gone() };
        match method {
            Method::POST => {
                state.posted.entry(id).or_default().push(MessageText::new(&body.to_bytes()));
                answer(StatusCode::OK, String::new())
            }
            Method::GET => {
                let at =
                    jiff::Timestamp::from_millisecond(i64::try_from(since).unwrap_or_default());
                let at = format!("{:.3}", at.unwrap_or_default());
                let info = serde_json::json!({
                    "connectedAt": at,
                    "identity": { "sourceIp": "127.0.0.1" },
                    "lastActiveAt": at,
                });
                answer(StatusCode::OK, info.to_string())
            }
            Method::DELETE => {
                state.open.remove(&id);
                answer(StatusCode::NO_CONTENT, String::new())
            }
            _ => answer(StatusCode::METHOD_NOT_ALLOWED, String::new()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

fn gone() -> Response<Full<Bytes>> {
    let mut gone = answer(StatusCode::GONE, String::new());
    gone.headers_mut().insert("x-amzn-errortype", http::HeaderValue::from_static("GoneException"));
    gone
}

fn answer(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;

    #[tokio::test]
    async fn open_connections_accept_posts_and_others_are_gone() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Connections::default();
        connections.open("a=", 0);
        connections.open("b=", 0);
        tokio::spawn(connections.clone().serve(listener));
        let call = async |method: &str, id: &str| {
            let mut socket = TcpStream::connect(address).await.expect("it listens");
            let request = format!(
                "{method} /prod/@connections/{id} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
                 Content-Length: 2\r\n\r\nhi"
            );
            socket.write_all(request.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.expect("an answer");
            answer
        };
        assert!(call("POST", "a%3D").await.starts_with("HTTP/1.1 200"));
        let info = call("GET", "a=").await;
        assert!(info.contains(r#""connectedAt":"1970-01-01T00:00:00.000Z""#), "{info}");
        let gone = call("POST", "c=").await;
        assert!(gone.starts_with("HTTP/1.1 410") && gone.contains("GoneException"), "{gone}");
        assert!(call("DELETE", "a=").await.starts_with("HTTP/1.1 204"));
        connections.close("b=");
        for id in ["a=", "b="] {
            assert!(call("POST", id).await.starts_with("HTTP/1.1 410"), "{id}");
        }
        let hi = [MessageText::Text("hi".to_owned())];
        assert_eq!(connections.posted(), BTreeMap::from([("a=".to_owned(), hi.to_vec())]));
    }
}
