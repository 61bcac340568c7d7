//! The app's description of itself: what `LIFT_DESCRIBE=1` prints and `lift dev` reads.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an app needs from its surroundings, as JSON of a stable form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Description {
    /// The form's version: 1.
    pub version: u32,
    /// The routes that API Gateway must have, sorted by key.
    pub routes: Vec<RouteDescription>,
    /// The tables that the app uses.
    pub tables: Vec<TableDescription>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RouteDescription {
    /// The route key.
    pub key: String,
    /// Whether it needs a route response, so that the handler's reply reaches the client.
    pub two_way: bool,
    /// The JSON Schema of its messages, if the route says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The JSON Schema of its replies, if the route says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
}

impl RouteDescription {
    pub(crate) fn new(key: &str, two_way: bool) -> Self {
        Self { key: key.to_owned(), two_way, payload: None, reply: None }
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableDescription {
    /// What the app keeps in it: `connections`.
    pub kind: String,
    /// The environment variable that holds the table's name.
    pub env: String,
}

/// The environment variable that holds the name of the connections' table.
pub const TABLE_VARIABLE: &str = "LIFT_TABLE";

impl Description {
    pub(crate) fn new(mut routes: Vec<RouteDescription>, managed: bool) -> Self {
        routes.sort_by(|a, b| a.key.cmp(&b.key));
        let table = TableDescription { kind: "connections".into(), env: TABLE_VARIABLE.into() };
        Self { version: 1, routes, tables: managed.then_some(table).into_iter().collect() }
    }
}
