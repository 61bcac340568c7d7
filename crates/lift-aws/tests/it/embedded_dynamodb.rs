//! An embedded DynamoDB (dynoxide) without a server: it replaces the SDK's HTTP client. A
//! test can inspect or delay each request, or return another response.

use std::sync::{Arc, Mutex};

use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use futures_util::future::BoxFuture;
use lift_aws::{AwsConfig, DynamoStore, Table, table::CreateOptions};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub(crate) const TABLE: &str = "chat-connections";

/// A request of the SDK and its response, with the consumed capacity.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) body: Value,
    pub(crate) response: Value,
}

/// Runs before a request reaches the database. If it returns a response, the request does not reach
/// it.
type Hook = dyn Fn(&str, &Value) -> BoxFuture<'static, Option<(u16, Value)>> + Send + Sync;

#[derive(Clone)]
pub(crate) struct EmbeddedDatabase {
    pub(crate) inner: dynoxide::Database,
    calls: Arc<Mutex<Vec<Call>>>,
    hook: Arc<Hook>,
}

impl EmbeddedDatabase {
    /// A database with the table of the tests.
    pub(crate) async fn start() -> Self {
        let database = Self::empty();
        let table = Table::new(&database.config().into(), TABLE);
        let options = CreateOptions::new().without_streams();
        assert!(table.create(&options).await.expect("a table").new);
        database.take_calls();
        database
    }

    pub(crate) fn empty() -> Self {
        let inner = dynoxide::Database::memory().expect("a database in memory");
        Self { inner, calls: Arc::default(), hook: Arc::new(|_, _| Box::pin(async { None })) }
    }

    /// Returns the same database with a hook.
    pub(crate) fn with_hook(
        &self,
        hook: impl Fn(&str, &Value) -> BoxFuture<'static, Option<(u16, Value)>> + Send + Sync + 'static,
    ) -> Self {
        Self { hook: Arc::new(hook), ..self.clone() }
    }

    pub(crate) fn config(&self) -> SdkConfig {
        let config =
            SdkConfig::from(AwsConfig::local("http://database", "us-east-1")).into_builder();
        let config = config.http_client(SharedHttpClient::new(self.clone()));
        // Without timeouts, so that no test fails on a busy machine.
        config.timeout_config(TimeoutConfig::disabled()).build()
    }

    pub(crate) fn store(&self) -> DynamoStore {
        DynamoStore::new(&self.config().into(), TABLE)
    }

    pub(crate) fn client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config())
    }

    /// Returns and removes the recorded requests.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().expect("no panic"))
    }

    async fn handle(self, operation: String, mut body: Value) -> (u16, Value) {
        let injected = (self.hook)(&operation, &body).await;
        body["ReturnConsumedCapacity"] = "INDEXES".into();
        let (status, response) = injected.unwrap_or_else(|| self.execute(&operation, body.clone()));
        let call = Call { operation, body, response: response.clone() };
        self.calls.lock().expect("no panic").push(call);
        (status, response)
    }

    pub(crate) fn execute(&self, operation: &str, body: Value) -> (u16, Value) {
        let db = &self.inner;
        match operation {
            "CreateTable" => run(body, |request| db.create_table(request)),
            "DescribeTable" => run(body, |request| db.describe_table(request)),
            "DescribeTimeToLive" => run(body, |request| db.describe_time_to_live(request)),
            "UpdateTimeToLive" => run(body, |request| db.update_time_to_live(request)),
            "PutItem" => run(body, |request| db.put_item(request)),
            "GetItem" => run(body, |request| db.get_item(request)),
            "UpdateItem" => run(body, |request| db.update_item(request)),
            "DeleteItem" => run(body, |request| db.delete_item(request)),
            "BatchWriteItem" => run(body, |request| db.batch_write_item(request)),
            "Query" => run(body, |request| db.query(request)),
            "Scan" => run(body, |request| db.scan(request)),
            "UpdateTable" => run(body, |request| db.update_table(request)),
            "DescribeStream" => run(body, |request| db.describe_stream(request)),
            "GetShardIterator" => run(body, |request| db.get_shard_iterator(request)),
            "GetRecords" => run(body, |request| db.get_records(request)),
            other => panic!("the tests do not support {other}"),
        }
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: Value,
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> (u16, Value) {
    let request = match serde_json::from_value(body) {
        Ok(request) => request,
        Err(error) => {
            return (400, json!({"__type": "ValidationException", "message": error.to_string()}));
        }
    };
    match call(request) {
        Ok(response) => (200, serde_json::to_value(response).expect("is JSON")),
        Err(error) => {
            (error.status_code(), serde_json::from_str(&error.to_json()).expect("is JSON"))
        }
    }
}

impl std::fmt::Debug for EmbeddedDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmbeddedDatabase")
    }
}

impl HttpClient for EmbeddedDatabase {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for EmbeddedDatabase {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").expect("a target");
        let operation = target.rsplit('.').next().expect("an operation").to_owned();
        let body = request.body().bytes().expect("a body in memory");
        let body = serde_json::from_slice(body).expect("is JSON");
        let response = self.clone().handle(operation, body);
        HttpConnectorFuture::new(async move {
            let (status, response) = response.await;
            let status = status.try_into().expect("a status");
            Ok(HttpResponse::new(status, response.to_string().into()))
        })
    }
}

/// DynamoDB's response when a partition throttles a request.
pub(crate) fn throttle(reason: &str) -> Value {
    let resource = "arn:aws:dynamodb:us-east-1:000000000000:table/chat-connections/index/gsi2";
    json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
           "message": "Throughput exceeds the current capacity",
           "throttlingReasons": [{"reason": reason, "resource": resource}]})
}
