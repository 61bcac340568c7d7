//! The test kit: an app in memory, with clients that connect, send, and read what they received. It uses
//! no socket, no AWS and no sleep.
//!
//! ```
//! use lift_ws::{App, Text, test::Kit};
//!
//! #[tokio::main(flavor = "current_thread")] // in a test: #[tokio::test]
//! async fn main() {
//!     let kit = Kit::new(App::new().default_route(async |Text(text): Text| text));
//!     let ana = kit.connect("name=ana").await.unwrap();
//!     ana.send("hello").await;
//!     assert_eq!(ana.received(), ["hello"]);
//! }
//! ```

mod client;
mod clock;
mod conversation;
mod event;
mod gateway;
mod handshake;
mod kit;
mod push;
mod store;

pub use client::{Client, Refused};
pub use clock::Clock;
pub use handshake::Handshake;
pub use kit::Kit;
pub use push::RecordingPush;
pub use store::{Operation, RecordingStore};
