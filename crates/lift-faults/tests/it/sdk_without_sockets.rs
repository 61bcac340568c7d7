//! The AWS SDK, a link and dynoxide without sockets between them, so that tests can pause the clock.

use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use bytes::Bytes;
use dynoxide::{Database, Result as EngineResult};
use http::{Request, Response};
use lift_faults::{Link, Upstream, UpstreamError};
use serde::{Serialize, de::DeserializeOwned};

/// dynoxide as an upstream.
pub(crate) fn database() -> impl Upstream + Clone {
    let database = Database::memory().expect("a database in memory");
    move |request: Request<Bytes>| {
        let target = request.headers()["x-amz-target"].to_str().expect("a text");
        let operation = target.split_once('.').expect("an operation").1;
        let result = execute(&database, operation, request.body());
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let response = Response::builder().status(status).body(Bytes::from(body));
        std::future::ready(response.map_err(UpstreamError::from))
    }
}

fn execute(database: &Database, operation: &str, body: &[u8]) -> EngineResult<String> {
    fn run<I: DeserializeOwned, O: Serialize>(
        body: &[u8],
        run: impl FnOnce(I) -> EngineResult<O>,
    ) -> EngineResult<String> {
        let request = serde_json::from_slice(body).expect("a request");
        Ok(serde_json::to_string(&run(request)?).expect("a response"))
    }
    match operation {
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        other => panic!("{other} is not needed"),
    }
}

/// An HTTP client for the SDK that calls a link.
pub(crate) fn client(link: &Link) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Direct(link.clone()));
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Clone, Debug)]
struct Direct(Link);

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let link = self.0.clone();
        HttpConnectorFuture::new(async move {
            let body = Bytes::copy_from_slice(request.body().bytes().expect("in memory"));
            let mut sent = Request::post(request.uri());
            for (name, value) in request.headers() {
                sent = sent.header(name, value);
            }
            let response = link.call(sent.body(body).expect("a request")).await;
            let response = response.map_err(|reset| ConnectorError::io(reset.into()))?;
            let status = response.status().as_u16().try_into().expect("a status");
            Ok(HttpResponse::new(status, response.into_body().into()))
        })
    }
}
