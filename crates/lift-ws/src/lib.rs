//! The framework: a typed async function per route of an API Gateway WebSocket API.
//!
//! ```text
//! bytes -decode-> Event -find-> Route -layers-> Handler (extract, run) -> Reply -encode-> bytes
//!                                                   |-- Publisher: send, close --> @connections
//!                                                   '-- Store: save, remove, list
//! ```
//!
//! This crate opens no socket and knows no AWS crate: `lift-aws` runs an [`App`] on Lambda, and
//! [`test`](mod@test) runs it in memory.
//!
//! ```
//! use lift_ws::{Accept, App, Connection, Error, Json, Publisher, Query, Refuse};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Hello { name: String, room: String }
//!
//! #[derive(Deserialize, Serialize)]
//! struct Say { text: String }
//!
//! async fn connect(Query(hello): Query<Hello>) -> Result<Accept, Refuse> {
//!     if hello.name.is_empty() {
//!         return Err(Refuse::unauthorized("name is required"));
//!     }
//!     Ok(Accept::user(hello.name).tenant(hello.room))
//! }
//!
//! async fn say(publish: Publisher, Json(said): Json<Say>) -> Result<(), Error> {
//!     publish.own_tenant().json(&said).await?;
//!     Ok(())
//! }
//!
//! let app = App::new().connect(connect).route("say", say);
//! # let _ = app;
//! ```

mod accept;
mod app;
mod call;
mod clock;
mod connection;
mod correlate;
mod describe;
mod erase;
mod error;
pub mod extract;
mod handler;
pub mod http;
mod kind;
mod layer;
pub mod layers;
mod managed;
mod publish;
mod push;
mod reply;
mod route;
mod routes;
#[cfg(feature = "schema")]
mod schema;
mod service;
pub mod store;
pub mod test;

pub use accept::{Accept, IntoHandshake, Refuse};
pub use app::App;
pub use call::Call;
pub use connection::{Connection, ConnectionId, Endpoint, GroupId, TenantId, UserId};
pub use describe::{
    Description, RouteDescription, SettingsDescription, TABLE_VARIABLE, TableDescription,
    VariableDescription,
};
pub use error::{Error, ErrorFrame, IntoError};
#[cfg(feature = "valid")]
pub use extract::Valid;
pub use extract::{
    Attributes, Authorizer, Bytes, Deadline, Disconnected, FromCall, Headers, Identity, Json,
    Query, RequestInfo, Stage, StageVariables, State, StoredConnection, Subprotocols, Text,
};
pub use handler::Handler;
pub use kind::{Any, Connect, Connected, Disconnect, Kind, Message, Stored};
pub use layer::{Layer, Next, from_fn, from_fn_with};
pub use publish::{
    Audience, Cursor, Estimate, GlobalPublisher, MemberStream, Outcome, PublishError, Publisher,
    Recipient, Report, Source, SourcePage, Task,
};
pub use push::{ConnectionInfo, Push, PushError};
pub use reply::IntoReply;
pub use route::Route;
pub use service::{Invocation, Service};

/// The crate of the rules of [`Valid`].
#[cfg(feature = "valid")]
pub use garde;
pub use lift_event as event;
pub use lift_event::{Event, Reply};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
