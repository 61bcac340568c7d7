//! The app's description of itself: what `LIFT_DESCRIBE=1` prints, `lift dev` reads, and templates are
//! made from.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an app needs from its surroundings, as JSON of a stable form.
///
/// Within a version, keys are only added: a reader ignores those that it does not know, and an older
/// app lacks the newer ones. A key keeps its name, its type and its meaning. What is not set is left
/// out, but for lists and booleans.
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
    /// The form's version: 1.
    pub version: u32,
    /// The routes that API Gateway must have, sorted by key.
    #[serde(default)]
    pub routes: Vec<RouteDescription>,
    /// The tables that the app uses.
    #[serde(default)]
    pub tables: Vec<TableDescription>,
    /// What holds for the whole app.
    #[serde(default)]
    pub settings: SettingsDescription,
    /// The environment variables that the program reads, sorted by name. Those that Lambda sets by
    /// itself, such as the region and the credentials, are not among them.
    #[serde(default)]
    pub variables: Vec<VariableDescription>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RouteDescription {
    /// The route key.
    pub key: String,
    /// Whether it needs a route response, so that the handler's reply reaches the client.
    #[serde(default)]
    pub two_way: bool,
    /// The most bytes of a message that the app's layers let pass, if one of them says so; see
    /// [`Layer::body_limit`](crate::layer::Layer::body_limit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<usize>,
    /// The JSON Schema of its messages, if the route says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// The JSON Schema of its replies, if the route says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableDescription {
    /// What the app keeps in it: `connections`.
    #[serde(default)]
    pub kind: String,
    /// The environment variable that holds the table's name.
    pub env: String,
}

/// What holds for the whole app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SettingsDescription {
    /// Whether connections are stored, so that `$connect` and `$disconnect` must reach the app and
    /// it needs a table. False for [`App::unmanaged`].
    pub managed: bool,
    /// The API's route selection expression, such as `$request.body.action`.
    pub selection: String,
    /// Whether a route is two-way that does not say otherwise: replies and error frames are then
    /// its route response. Otherwise they are posted to the sender, which needs the right
    /// `execute-api:ManageConnections`.
    pub two_way: bool,
    /// The field of a message that is copied into its reply and its error frame, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlate: Option<String>,
    /// The key of the route that clients send to, so that API Gateway does not cut their idle
    /// connection, if there is one. It is among the routes too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<String>,
    /// The subprotocols that the app speaks, the preferred one first, as far as it says so by
    /// [`App::subprotocols`]. A `$connect` handler may choose others.
    pub subprotocols: Vec<String>,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VariableDescription {
    /// Its name, such as `LIFT_TABLE`.
    pub name: String,
    /// Whether the program does not start without it.
    pub required: bool,
}

impl RouteDescription {
    /// `$connect` or `$disconnect`, whose replies API Gateway does not send to the client.
    pub(crate) fn lifecycle(key: &str) -> Self {
        let key = key.to_owned();
        Self { key, two_way: false, body_limit: None, payload: None, reply: None }
    }
}

impl VariableDescription {
    /// A variable that a program reads: `required` if it does not start without it.
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
