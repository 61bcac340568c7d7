//! Copies of tables that lag behind: the state of an index, or of a replica that answers eventually
//! consistent reads.
//!
//! A copy is a separate database with the same tables. After each write through the link, a consistent
//! read gets the written items, which are put into the copy after the lag. The order of changes of one
//! item is kept; that of different items is not, as on AWS.

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
    upstream::{SharedUpstream, UpstreamError},
};
use queue::{Queue, apply};

/// A lagging copy of a database.
pub(crate) struct LaggingCopy {
    primary: SharedUpstream,
    upstream: SharedUpstream,
    tables: Mutex<HashMap<String, Arc<OnceCell<Table>>>>,
    /// Held while an item is read and queued, so that changes are queued in the order of their reads.
    reading: tokio::sync::Mutex<()>,
    queue: Arc<Queue>,
    // The task that applies the changes; it ends when the copy is dropped.
    _changes: JoinSet<()>,
}

/// A table: the names of its key attributes.
#[derive(Clone)]
struct Table {
    key: Vec<String>,
}

impl LaggingCopy {
    /// A copy in `upstream` of what is in `primary`.
    pub(crate) fn new(primary: SharedUpstream, upstream: SharedUpstream) -> Self {
        let queue = Arc::new(Queue::default());
        let mut changes = JoinSet::new();
        changes.spawn(apply(queue.clone(), upstream.clone()));
        let (tables, reading) = Default::default();
        Self { primary, upstream, tables, reading, queue, _changes: changes }
    }

    /// Copies the tables of a request at their first use. A table that does not exist is not copied;
    /// the request itself will fail.
    pub(crate) async fn prepare(&self, items: &Items, headers: &HeaderMap) {
        for name in items.tables() {
            self.table(name, headers).await;
        }
    }

    /// Reads the items that a request has written from the primary, and queues them. Changes without
    /// a lag are applied when this returns.
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
                    tracing::warn!(
                        error = error.to_string(),
                        table = name,
                        "a lagging copy missed a write"
                    );
                    continue;
                }
            };
            let item = format!("{name} {}", Value::Object(key));
            made.extend(self.queue.add(item, change, lag));
        }
        for made in made {
            // It fails only if the queue's task has ended.
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
    pub(crate) async fn wait_until_idle(&self) {
        self.queue.empty().await;
    }

    async fn table(&self, name: &str, headers: &HeaderMap) -> Option<Table> {
        let cell = self.tables().entry(name.to_owned()).or_default().clone();
        let table = cell.get_or_try_init(|| self.copy(name, headers)).await;
        table
            .inspect_err(|error| tracing::debug!(error = error.to_string(), name, "not copied"))
            .ok()
            .cloned()
    }

    /// Copies a table with all its items.
    async fn copy(&self, name: &str, headers: &HeaderMap) -> Result<Table, UpstreamError> {
        let of_table = json!({ "TableName": name });
        let described = send(&self.primary, headers, "DescribeTable", &of_table).await?;
        let described = &described["Table"];
        let like_it = definition(name, described);
        if let Err(error) = send(&self.upstream, headers, "CreateTable", &like_it).await {
            // An earlier attempt may have created it.
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

/// The `CreateTable` request for a table like the described one.
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

/// Sends a request of this module and parses the response.
async fn send(
    to: &SharedUpstream,
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

/// A request of this module with the program's headers. It is not signed again; local databases do not
/// check that.
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
