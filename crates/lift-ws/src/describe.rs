//! An app's description of itself, which a program prints with `LIFT_DESCRIBE=1` and `lift dev` reads.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The routes, tables, settings, environment variables and schedules of an app, as JSON of a stable form.
///
/// Within a version, keys are only added. A reader ignores keys that it does not know; an older app
/// lacks newer keys. A key keeps its name, type and meaning. Unset keys are left out, except lists and
/// booleans.
///
/// ```
/// use lift_ws::App;
///
/// let app = App::new().route("say", async || ()).correlate("id").keepalive("ping");
/// let json = serde_json::to_value(app.describe()).unwrap();
/// assert_eq!(json["version"], 1);
/// assert_eq!(json["routes"][3]["key"], "say");
/// assert_eq!(json["settings"]["correlate"], "id");
/// assert_eq!(json["tables"][0]["env"], "LIFT_TABLE");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Description {
    /// The version of this form: 1.
    pub version: u32,
    /// The routes that API Gateway must have, sorted by key.
    #[serde(default)]
    pub routes: Vec<RouteDescription>,
    /// The tables that the app uses.
    #[serde(default)]
    pub tables: Vec<TableDescription>,
    /// Settings of the whole app.
    #[serde(default)]
    pub settings: SettingsDescription,
    /// The environment variables that the program reads, sorted by name. Those that Lambda sets by
    /// itself, such as the region and the credentials, are not among them.
    #[serde(default)]
    pub variables: Vec<VariableDescription>,
    /// The schedules that fire events for the app, sorted by name.
    #[serde(default)]
    pub schedules: Vec<ScheduleDescription>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RouteDescription {
    /// The route key.
    pub key: String,
    /// Whether the route needs a route response, which sends the handler's reply to the client.
    #[serde(default)]
    pub two_way: bool,
    /// The largest message that the layers pass on, in bytes, if one of them has a limit; see
    /// [`Layer::body_limit`](crate::layer::Layer::body_limit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<usize>,
    /// The JSON Schema of its messages, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The JSON Schema of its replies, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableDescription {
    /// The content of the table: [`connections`](Self::CONNECTIONS), whose layout is Lift's, or data
    /// of the [`app`](Self::APP).
    #[serde(default)]
    pub kind: String,
    /// The environment variable that holds the table's name.
    pub env: String,
    /// The name of the table within the app, such as `prices`; of tables of the kind `app`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The keys, indexes and settings; of tables of the kind `app`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<LayoutDescription>,
}

/// The layout of a table of an app's own; see [`table`](mod@crate::table).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LayoutDescription {
    /// The partition key.
    pub partition_key: KeyDescription,
    /// The sort key, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_key: Option<KeyDescription>,
    /// The global secondary indexes.
    #[serde(default)]
    pub indexes: Vec<IndexDescription>,
    /// The attribute with the time at which an item expires, if items expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_live: Option<String>,
    /// The images in the table's stream, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamView>,
}

/// A key attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyDescription {
    /// The name of the attribute.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub key_type: KeyType,
}

/// The type of a key's values, by DynamoDB's letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// Strings.
    #[serde(rename = "S")]
    String,
    /// Numbers.
    #[serde(rename = "N")]
    Number,
    /// Bytes.
    #[serde(rename = "B")]
    Binary,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IndexDescription {
    /// Its name.
    pub name: String,
    /// The partition key.
    pub partition_key: KeyDescription,
    /// The sort key, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort_key: Option<KeyDescription>,
    /// The attributes that it holds beside all keys.
    pub projected: Projection,
}

/// The attributes that an index holds beside all keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// Every attribute.
    All,
    /// These attributes; none for the keys alone.
    Only(Vec<String>),
}

/// What a stream holds of a changed item, by DynamoDB's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamView {
    /// The keys.
    KeysOnly,
    /// The keys and the item after the change.
    NewImage,
    /// The keys and the item before the change.
    OldImage,
    /// The keys, and the item before and after the change.
    NewAndOldImages,
}

/// Settings of the whole app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SettingsDescription {
    /// Whether connections are stored. Then the app needs a table and the routes `$connect` and
    /// `$disconnect`. False after `App::unmanaged`.
    pub managed: bool,
    /// The API's route selection expression, such as `$request.body.action`.
    pub selection: String,
    /// Whether routes are two-way unless they say otherwise: they send replies and error frames as the
    /// route response. Other routes post them, which needs the permission
    /// `execute-api:ManageConnections`.
    pub two_way: bool,
    /// The field of a message that is copied into its reply or error frame, if the app sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlate: Option<String>,
    /// The key of the keepalive route, if there is one. Clients send it so that API Gateway does not
    /// close their idle connection. It is in `routes` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<String>,
    /// The subprotocols of `App::subprotocols`, the preferred one first. A `$connect` handler may
    /// choose others.
    pub subprotocols: Vec<String>,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VariableDescription {
    /// Its name, such as `LIFT_TABLE`.
    pub name: String,
    /// Whether the program needs it to start.
    pub required: bool,
}

impl TableDescription {
    /// The kind of the table where Lift keeps connections.
    pub const CONNECTIONS: &'static str = "connections";

    /// The kind of a table of the app's own.
    pub const APP: &'static str = "app";

    /// The table of connections.
    pub(crate) fn connections(env: &str) -> Self {
        Self { kind: Self::CONNECTIONS.to_owned(), env: env.to_owned(), name: None, layout: None }
    }
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduleDescription {
    /// Its name, such as `close-auctions`.
    pub name: String,
    /// When it fires: EventBridge's `rate(...)` or `cron(...)`.
    pub expression: String,
}

impl RouteDescription {
    /// `$connect` or `$disconnect`, whose replies API Gateway does not send to the client.
    pub(crate) fn lifecycle(key: &str) -> Self {
        let key = key.to_owned();
        Self { key, two_way: false, body_limit: None, payload: None, reply: None }
    }
}

impl VariableDescription {
    /// A variable that a program reads; `required` if the program needs it to start.
    #[must_use]
    pub fn new(name: impl Into<String>, required: bool) -> Self {
        Self { name: name.into(), required }
    }
}

impl Default for SettingsDescription {
    fn default() -> Self {
        Self {
            managed: true,
            selection: "$request.body.action".to_owned(),
            two_way: false,
            correlate: None,
            keepalive: None,
            subprotocols: Vec::new(),
        }
    }
}
