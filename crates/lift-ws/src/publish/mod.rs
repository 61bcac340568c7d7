//! Sending to connections: a [`Publisher`] or a [`GlobalPublisher`] names a target, the [`Audience`]
//! sends to it, and a [`Report`] counts the outcomes.
//!
//! ```text
//! Publisher -> GlobalPublisher -> Audience -> FanOut: pages -> posts, within a window -> Report
//!                                         '-> split -> SendPart -> an Audience in another process
//! ```
//!
//! A handler's [`Publisher`] reaches the connections of its own tenant. To reach other tenants, it has to
//! call [`Publisher::across_tenants`].

mod audience;
mod context;
mod cursor;
mod error;
mod estimate;
mod fan_out;
mod global;
mod members;
mod post;
mod publisher;
mod report;
mod retry;
mod send_part;
mod slow_readers;
mod target;
mod window;

pub use audience::Audience;
pub use cursor::Cursor;
pub use error::PublishError;
pub use estimate::Estimate;
pub use global::GlobalPublisher;
pub use members::MemberStream;
pub use publisher::Publisher;
pub use report::{Counts, Failure, Outcome, Report};
pub use send_part::SendPart;
pub use target::{Recipient, Source, SourcePage};

pub(crate) use slow_readers::SlowReaders;
