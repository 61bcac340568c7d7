//! The wire of API Gateway WebSocket APIs: events and replies, to and from bytes.
//!
//! API Gateway invokes a Lambda function with an *event* for each `$connect`, message and
//! `$disconnect`, and reads a *reply* from what the function returns. This crate has both formats, and
//! the [limits] of the platform. It does no I/O. The framework reads events and writes replies with it;
//! the local gateway writes events and reads replies with the same code, so both have the same format.
//!
//! ```text
//! gateway: Payload -encode-> bytes -decode-> Event :function
//! gateway: Reply  <-decode-  bytes <-encode- Reply :function
//! ```
//!
//! ```
//! use lift_event::{Event, EventKind};
//!
//! let bytes = include_str!("../fixtures/message-default-plain-text.json");
//! let event = Event::decode(bytes)?;
//! assert_eq!(event.route_key(), "$default");
//! assert_eq!(event.kind(), EventKind::Message);
//! assert_eq!(event.body(), b"hello");
//! # Ok::<(), lift_event::DecodeError>(())
//! ```

mod authorizer;
mod decode;
mod error;
mod event;
mod fields;
pub mod limits;
mod mark;
mod object;
mod pairs;
mod payload;
mod reply;
mod schedule;
mod select;
#[doc(hidden)]
pub mod text;
mod timestamp;
mod unescape;
#[doc(hidden)]
pub mod wire;

pub use authorizer::AuthorizerRequest;
pub use error::DecodeError;
pub use event::Event;
pub use fields::Fields;
#[doc(hidden)]
pub use mark::ErrorMark;
pub use payload::{EventKind, Identity, Payload, RequestContext};
pub use reply::Reply;
pub use schedule::{ScheduleError, ScheduleExpression};
pub use select::{Selection, SelectionError};
pub use timestamp::Timestamp;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
