//! Parses a request: its operation, and the items, connection or invocation that it concerns.

use bytes::Bytes;
use http::{Method, Request};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::plan::{Access, Api, Subject, access};

/// A parsed request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The operation's name, as plans use it.
    pub(crate) operation: String,
    pub(crate) about: CallSubject,
}

/// What a request concerns.
#[derive(Clone, Debug)]
pub(crate) enum CallSubject {
    /// Items of DynamoDB.
    Items(Items),
    /// A connection, by its id.
    Connection(String),
    /// An invocation, by its request id, once it has one.
    Invocation(Option<String>),
}

/// A request to DynamoDB.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    /// Whether it reads or writes items; `None` for operations on tables.
    pub(crate) access: Option<Access>,
    pub(crate) body: Value,
}

impl Call {
    /// Parses a request. `None` if a plan cannot name its operation; then it gets no faults.
    pub(crate) fn read(api: Api, request: &Request<Bytes>) -> Option<Self> {
        match api {
            Api::DynamoDb => Self::to_dynamodb(request),
            Api::Connections => Self::to_connections(request),
            Api::Runtime => Self::to_runtime(request),
        }
    }

    fn to_dynamodb(request: &Request<Bytes>) -> Option<Self> {
        let target = request.headers().get("x-amz-target")?.to_str().ok()?;
        let (_version, operation) = target.split_once('.')?;
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        let items = Items { access: access(operation), body };
        Some(Self { operation: operation.to_owned(), about: CallSubject::Items(items) })
    }

    fn to_connections(request: &Request<Bytes>) -> Option<Self> {
        let (_stage, id) = request.uri().path().split_once("/@connections/")?;
        let operation = match *request.method() {
            Method::POST => "post",
            Method::GET => "get",
            Method::DELETE => "delete",
            _ => return None,
        };
        let id = percent_decode_str(id).decode_utf8_lossy().into_owned();
        Some(Self { operation: operation.to_owned(), about: CallSubject::Connection(id) })
    }

    fn to_runtime(request: &Request<Bytes>) -> Option<Self> {
        let path = request.uri().path().strip_prefix("/2018-06-01/runtime/")?;
        let segments: Vec<&str> = path.split('/').collect();
        let (operation, id) = match (request.method(), segments.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => ("next", None),
            (&Method::POST, ["invocation", id, end @ ("response" | "error")]) => (*end, Some(*id)),
            (&Method::POST, ["init", "error"]) => ("init-error", None),
            _ => return None,
        };
        let about = CallSubject::Invocation(id.map(str::to_owned));
        Some(Self { operation: operation.to_owned(), about })
    }

    /// What the report names as the subject of the request: a table, a connection, an invocation.
    pub(crate) fn subject(&self) -> Option<&str> {
        match &self.about {
            CallSubject::Items(items) => items.table(),
            CallSubject::Connection(id) => Some(id),
            CallSubject::Invocation(id) => id.as_deref(),
        }
    }

    /// Whether the request concerns the item or the connection that a plan names.
    pub(crate) fn is_about(&self, subject: &Subject) -> bool {
        match &self.about {
            CallSubject::Items(items) => items.strings().any(|text| subject.is(text)),
            CallSubject::Connection(id) => subject.is(id),
            CallSubject::Invocation(_) => false,
        }
    }

    pub(crate) fn items(&self) -> Option<&Items> {
        match &self.about {
            CallSubject::Items(items) => Some(items),
            _ => None,
        }
    }
}

impl Items {
    /// The first table that the request names.
    pub(crate) fn table(&self) -> Option<&str> {
        self.body["TableName"].as_str().or_else(|| self.tables().into_iter().next())
    }

    /// All tables that the request names, each once.
    pub(crate) fn tables(&self) -> Vec<&str> {
        let of_batch = self.body["RequestItems"].as_object();
        let of_batch = of_batch.into_iter().flatten().map(|(name, _)| name.as_str());
        let mut tables: Vec<&str> = self.body["TableName"].as_str().into_iter().collect();
        tables.extend(of_batch);
        tables.extend(self.actions().filter_map(|action| action["TableName"].as_str()));
        tables.sort_unstable();
        tables.dedup();
        tables
    }

    pub(crate) fn index(&self) -> Option<&str> {
        self.body["IndexName"].as_str()
    }

    /// Whether a read is eventually consistent.
    pub(crate) fn is_eventual(&self) -> bool {
        let wants = |value: &Value| value["ConsistentRead"].as_bool() == Some(true);
        let batches = self.body["RequestItems"].as_object();
        !wants(&self.body) && !batches.into_iter().flatten().any(|(_, batch)| wants(batch))
    }

    /// The items or keys that the request writes, each with its table.
    pub(crate) fn written(&self) -> Vec<(&str, &Value)> {
        let mut written = Vec::new();
        if let Some(table) = self.body["TableName"].as_str() {
            written.push((table, &self.body));
        }
        for (table, requests) in self.body["RequestItems"].as_object().into_iter().flatten() {
            for request in requests.as_array().into_iter().flatten() {
                let parts = ["PutRequest", "DeleteRequest"].map(|kind| &request[kind]);
                written.extend(parts.map(|part| (table.as_str(), part)));
            }
        }
        for action in self.actions() {
            written.extend(action["TableName"].as_str().map(|table| (table, action)));
        }
        let with_key = written.into_iter().map(|(table, part)| {
            let key = [&part["Key"], &part["Item"]].into_iter().find(|key| key.is_object());
            (table, key)
        });
        with_key.filter_map(|(table, key)| Some((table, key?))).collect()
    }

    /// The actions of a transaction, without their names.
    fn actions(&self) -> impl Iterator<Item = &Value> {
        let items = self.body["TransactItems"].as_array().into_iter().flatten();
        items.filter_map(Value::as_object).flat_map(|action| action.values())
    }

    /// The strings by which a plan may name an item: in items, in keys, and in the values of
    /// expressions, which have the keys of queries.
    fn strings(&self) -> impl Iterator<Item = &str> {
        let values = self.body["ExpressionAttributeValues"].as_object();
        let keys = self.keys().into_iter().filter_map(Value::as_object);
        let attributes = keys.chain(values).flat_map(|attributes| attributes.values());
        attributes.filter_map(|attribute| attribute["S"].as_str())
    }

    fn keys(&self) -> Vec<&Value> {
        let batches = self.body["RequestItems"].as_object().into_iter().flatten();
        let read = batches.filter_map(|(_, batch)| batch["Keys"].as_array()).flatten();
        self.written().into_iter().map(|(_, key)| key).chain(read).collect()
    }
}
