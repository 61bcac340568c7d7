//! A framework for API Gateway WebSocket APIs: one typed async function for each route.
//!
//! ```text
//! bytes -decode-> Event -find-> Route -layers-> Handler (extract, run) -> Reply -encode-> bytes
//!                                                   |-- Publisher: send, close --> @connections
//!                                                   '-- Store: save, remove, list
//! ```
//!
//! This crate opens no socket and depends on no AWS crate. `lift-aws` runs an [`App`] on Lambda;
//! [`test`](mod@test) runs it in memory.
//!
//! The root has what most apps need. The modules have the rest: all extractors are in [`extract`], layers
//! in [`layer`], sending in [`publish`].
//!
//! | feature | adds |
//! |---|---|
//! | `valid` | [`Valid`](extract): message bodies checked with the rules of the crate garde |
//! | `schema` | `Route::payload` and `Route::reply`: JSON Schemas in the app's description |
//! | `http-style` | the module `http`: handlers with a method and a path |
//!
//! No feature is on by default.
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

mod app;
mod call;
mod connection;
mod correlate;
pub mod describe;
pub mod error;
mod error_reply;
pub mod extract;
pub mod handler;
#[cfg(feature = "http-style")]
pub mod http;
mod id;
pub mod kind;
pub mod layer;
mod lifecycle;
pub mod other_event;
pub mod publish;
pub mod push;
mod route;
pub mod service;
pub mod store;
pub mod table;
pub mod test;

pub use app::App;
pub use call::Call;
pub use connection::Connection;
pub use error::{Error, IntoError};
#[cfg(feature = "valid")]
pub use extract::Valid;
pub use extract::{Headers, Json, Query, State, Text};
pub use handler::{Accept, IntoReply, Refuse};
pub use id::{ConnectionId, TenantId, UserId};
pub use lift_event::{Event, Reply};
pub use publish::{GlobalPublisher, PublishError, Publisher, Report};
pub use route::Route;
pub use service::Service;

/// The crate of the rules of [`Valid`].
#[cfg(feature = "valid")]
pub use garde;
/// The crate `lift-event`: events, replies, limits and timestamps.
pub use lift_event as event;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
