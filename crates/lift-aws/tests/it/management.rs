//! A fake `@connections` API on a free port. It records requests, and a test chooses its
//! responses.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// Method and path, such as `POST /prod/@connections/a%3D`.
    pub(crate) call: String,
    pub(crate) authorization: String,
    pub(crate) body: Bytes,
}

pub(crate) struct Management {
    /// The origin, without a stage.
    pub(crate) url: String,
    recorded: Arc<Mutex<Vec<Recorded>>>,
    serving: JoinHandle<()>,
}

impl Drop for Management {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Management {
    /// Starts it. `respond` returns the status and body for a method and a connection's id.
    pub(crate) async fn start(
        respond: impl Fn(&str, &str) -> (u16, &'static str) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let recorded = Arc::<Mutex<Vec<Recorded>>>::default();
        let (respond, record) = (Arc::new(respond), recorded.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (respond, record) = (respond.clone(), record.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (respond, record) = (respond.clone(), record.clone());
                    async move {
                        let (head, body) = request.into_parts();
                        let authorization = head.headers.get("authorization");
                        let authorization = authorization.and_then(|value| value.to_str().ok());
                        let id = head.uri.path().rsplit('/').next().unwrap_or_default();
                        let (status, text) = respond(head.method.as_str(), id);
                        let recorded = Recorded {
                            call: format!("{} {}", head.method, head.uri.path()),
                            authorization: authorization.unwrap_or_default().to_owned(),
                            body: body.collect().await.expect("a body").to_bytes(),
                        };
                        record.lock().expect("no panic").push(recorded);
                        let mut response = Response::new(Full::new(Bytes::from(text)));
                        *response.status_mut() = status.try_into().expect("a status");
                        Ok::<_, Infallible>(response)
                    }
                });
                let stream = TokioIo::new(stream);
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
        });
        Self { url, recorded, serving }
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.recorded.lock().expect("no panic"))
    }
}
