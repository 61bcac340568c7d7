//! A local gateway that behaves like API Gateway: sockets in, event bytes out.
//!
//! [`serve`] takes a listener, [`Settings`] and a [`Backend`], which is any async function from
//! the bytes of an event to the bytes of a reply. On one port it serves the WebSocket API's stage,
//! the `@connections` management API below it, and a web page. [`lambda::Function`] is the backend
//! that runs real Lambda functions: each execution environment gets the Runtime API on
//! its own port.
//!
//! ```text
//! server -> dispatch -> handshake -> connection/session -> order -> invoke -> event -> Backend
//!              |                         ^                  '-- reply, error frame --.
//!              '------ management -------+------------------------------------------'
//! ```
//!
//! Beside this flow, an [`Observer`] receives each [`GatewayEvent`], a [`ServerHandle`] acts on open
//! connections, and [`LocalPages`] answer requests below `/_lift`.
//!
//! The gateway does what AWS documents. Where AWS documents nothing, the item says what the gateway
//! does.
//!
//! ```
//! use bytes::Bytes;
//! use lift_gateway::{InvokeError, Routes, Settings, serve};
//!
//! # async fn run() -> std::io::Result<()> {
//! let settings = Settings {
//!     stage: "local".into(),
//!     routes: Routes::default().with_route("$default", true),
//!     ..Settings::default()
//! };
//! let echo = |_event: Bytes| async {
//!     Ok::<_, InvokeError>(Bytes::from_static(br#"{"statusCode":200,"body":"hello"}"#))
//! };
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3001").await?;
//! serve(listener, settings, echo, std::future::pending()).await
//! # }
//! ```

mod backend;
mod client_socket;
mod connection;
mod dispatch;
mod error_frame;
mod event;
mod gateway;
mod handle;
mod handshake;
mod id;
mod invoke;
mod limits;
mod local_pages;
mod management;
mod message;
mod observer;
mod outcome;
mod page;
mod response;
mod server;
mod settings;
mod sync;
mod throttle;

pub mod lambda;

pub use backend::{Backend, InvokeError};
pub use handle::{HandleError, ServerHandle};
pub use id::Id;
pub use lift_event::{Selection, SelectionError};
pub use lift_local::{Admitted, Guard, HostNames};
pub use limits::{Limits, Rate, Throttles};
pub use local_pages::{LocalPages, PageBody};
pub use observer::{
    ConnectionInfo, EVENT_LOG_TARGET, FailureCause, GatewayEvent, GatewayEventKind, MessageSource,
    Observer,
};
pub use outcome::{Outcome, OutcomeError};
pub use server::{Server, serve};
pub use settings::{
    ApiKey, ApiKeySource, ApiKeys, Authorization, Authorizer, BadBodyFrame, BinaryMessages,
    BinaryPosts, Caller, ConnectionsAccess, ContextValues, IdentitySource, IdentitySourceError,
    MessageOrder, Models, NoQuery, Routes, Settings, SignatureRejection, Signatures, SignedRequest,
    ThrottledMessages, Tls, TlsError, Undocumented,
};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
