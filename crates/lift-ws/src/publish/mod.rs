//! Sending to connections: who is meant ([`Audience`]), and what came of it ([`Report`]).
//!
//! ```text
//! Publisher, GlobalPublisher -> Audience -> send (pages -> posts, paced) -> Report, Cursor
//!                                       '-> tasks -> Task -> an Audience in another process
//! ```
//!
//! A handler's [`Publisher`] reaches its own tenant; crossing tenants is a call of its own.

mod audience;
mod count;
mod cursor;
mod error;
mod fate;
mod global;
mod members;
mod pace;
mod patience;
mod post;
mod publisher;
mod reach;
mod report;
mod send;
mod slow;
mod task;
mod who;

pub use audience::Audience;
pub use count::Estimate;
pub use cursor::Cursor;
pub use error::PublishError;
pub use global::GlobalPublisher;
pub use members::MemberStream;
pub use publisher::Publisher;
pub use report::{Outcome, Report};
pub use task::Task;
pub use who::{Recipient, Source, SourcePage};

pub(crate) use slow::SlowReaders;
