//! Copies of tables that lag behind: what an index, or a replica that answers eventually consistent
//! reads, has seen so far.
//!
//! A copy is a database of its own with the same tables. Each write that went through the link is
//! followed by a consistent read of the items that it wrote; what that found is put into the copy
//! some time later. For one item the order is kept; for two it is not, as on AWS.

mod queue;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use serde_json::{Map, Value, json};
use tokio::{sync::OnceCell, task::JoinSet};

use crate::{
    call::Items,
    upstream::{Shared, UpstreamError},
};
use queue::{Queue, apply};

/// A copy that lags.
pub(crate) struct LaggingCopy {
    primary: Shared,
    upstream: Shared,
    tables: Mutex<HashMap<String, Arc<OnceCell<Table>>>>,
    /// Held while an item is read and queued, so that changes queue in the order of their reads.
    reading: tokio::sync::Mutex<()>,
    queue: Arc<Queue>,
    // It holds the one task that makes the changes, and ends it when the copy is dropped.
    _changes: JoinSet<()>,
}

/// What is known of a table: the names of its key's attributes.
#[derive(Clone)]
struct Table {
    key: Vec<String>,
}

impl LaggingCopy {
    /// A copy in `upstream` of what is in `primary`. It works while this lives.
    pub(crate) fn new(primary: Shared, upstream: Shared) -> Self {
        let queue = Arc::new(Queue::default());
        let mut changes = JoinSet::new();
        changes.spawn(apply(queue.clone(), upstream.clone()));
        let (tables, reading) = Default::default();
        Self { primary, upstream, tables, reading, queue, _changes: changes }
    }

    /// Has the tables of a request copied, the first time that they are named. Tables that do not
    /// exist are not copied; the request will be told so.
    pub(crate) async fn prepare(&self, items: &Items, headers: &HeaderMap) {
        for name in items.tables() {
            self.table(name, headers).await;
        }
    }

    /// Reads, from the primary, the items that a request has written, and queues what it found.
    /// Changes without a lag are made when this returns.
    pub(crate) async fn follow(&self, items: &Items, headers: &HeaderMap, lag: Duration) {
        let mut made = Vec::new();
        for (name, item) in items.written() {
            let Some(table) = self.table(name, headers).await else { continue };
            let Some(item) = item.as_object() else { continue };
            let key: Map<String, Value> = table
                .key
                .iter()
                .filter_map(|name| Some((name.clone(), item.get(name)?.clone())))
                .collect();
            let _order = self.reading.lock().await;
            let read = json!({ "TableName": name, "Key": key, "ConsistentRead": true });
            let change = match send(&self.primary, headers, "GetItem", &read).await {
                Ok(found) => match found.get("Item") {
                    Some(item) => {
                        request(headers, "PutItem", &json!({ "TableName": name, "Item": item }))
                    }
                    None => {
                        request(headers, "DeleteItem", &json!({ "TableName": name, "Key": key }))
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, table = name, "a lagging copy missed a write");
                    continue;
                }
            };
            let item = format!("{name} {}", Value::Object(key));
            made.extend(self.queue.add(item, change, lag));
        }
        for made in made {
            // An error is that the program ends.
            let _ = made.await;
        }
    }

    /// Forgets a table that was deleted.
    pub(crate) async fn forget(&self, name: &str, headers: &HeaderMap) {
        self.tables().remove(name);
        let _ = send(&self.upstream, headers, "DeleteTable", &json!({ "TableName": name })).await;
    }

    /// Sends a request to the copy.
    pub(crate) async fn call(
        &self,
        request: Request<Bytes>,
    ) -> Result<http::Response<Bytes>, UpstreamError> {
        self.upstream.call(request).await
    }

    /// Waits until the copy has caught up.
    pub(crate) async fn settle(&self) {
        self.queue.empty().await;
    }

    async fn table(&self, name: &str, headers: &HeaderMap) -> Option<Table> {
        let cell = self.tables().entry(name.to_owned()).or_default().clone();
        let table = cell.get_or_try_init(|| self.copy(name, headers)).await;
        table.inspect_err(|error| tracing::debug!(%error, name, "not copied")).ok().cloned()
    }

    /// Copies a table with all its items.
    async fn copy(&self, name: &str, headers: &HeaderMap) -> Result<Table, UpstreamError> {
        let of_table = json!({ "TableName": name });
        let described = send(&self.primary, headers, "DescribeTable", &of_table).await?;
        let described = &described["Table"];
        let like_it = definition(name, described);
        if let Err(error) = send(&self.upstream, headers, "CreateTable", &like_it).await {
            // It may be there from an attempt that failed later.
            if !error.to_string().contains("ResourceInUseException") {
                return Err(error);
            }
        }
        let mut from = Value::Null;
        loop {
            let mut scan = json!({ "TableName": name, "ConsistentRead": true, "Limit": 1000 });
            if !from.is_null() {
                scan["ExclusiveStartKey"] = from;
            }
            let page = send(&self.primary, headers, "Scan", &scan).await?;
            for item in page["Items"].as_array().into_iter().flatten() {
                let put = json!({ "TableName": name, "Item": item });
                send(&self.upstream, headers, "PutItem", &put).await?;
            }
            from = page["LastEvaluatedKey"].clone();
            if from.is_null() {
                break;
            }
        }
        let key = described["KeySchema"].as_array().into_iter().flatten();
        let key = key.filter_map(|part| part["AttributeName"].as_str().map(str::to_owned));
        Ok(Table { key: key.collect() })
    }

    fn tables(&self) -> MutexGuard<'_, HashMap<String, Arc<OnceCell<Table>>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What makes a table like the one that is described.
fn definition(name: &str, described: &Value) -> Value {
    let index = |index: &Value| {
        json!({
            "IndexName": index["IndexName"],
            "KeySchema": index["KeySchema"],
            "Projection": index["Projection"],
        })
    };
    let mut table = json!({
        "TableName": name,
        "KeySchema": described["KeySchema"],
        "AttributeDefinitions": described["AttributeDefinitions"],
        "BillingMode": "PAY_PER_REQUEST",
    });
    for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let indexes: Vec<Value> =
            described[kind].as_array().into_iter().flatten().map(index).collect();
        if !indexes.is_empty() {
            table[kind] = indexes.into();
        }
    }
    table
}

/// Sends a request of our own, and reads what came.
async fn send(
    to: &Shared,
    headers: &HeaderMap,
    operation: &str,
    body: &Value,
) -> Result<Value, UpstreamError> {
    let response = to.call(request(headers, operation, body)).await?;
    if response.status().is_success() {
        return Ok(serde_json::from_slice(response.body())?);
    }
    Err(String::from_utf8_lossy(response.body()).into())
}

/// A request of our own, with the headers of the program's. It is not signed anew, which matters
/// to AWS and to no database on this machine.
fn request(headers: &HeaderMap, operation: &str, body: &Value) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(body.to_string()));
    *request.method_mut() = Method::POST;
    *request.headers_mut() = headers.clone();
    request.headers_mut().remove(header::CONTENT_LENGTH);
    if let Ok(target) = HeaderValue::from_str(&format!("DynamoDB_20120810.{operation}")) {
        request.headers_mut().insert("x-amz-target", target);
    }
    request
}
