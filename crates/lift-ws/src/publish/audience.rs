//! Who is meant, and how: a choice of connections that can be sent to, listed, counted or closed.

use bytes::Bytes;
use lift_event::limits::MESSAGE_BYTES;
use serde::Serialize;

use super::{
    Cursor, GlobalPublisher, PublishError, Report,
    error::Kind,
    send::{Act, send},
    who::Who,
};
use crate::ConnectionId;

/// How many posts are under way at once unless set. More only makes throttles ([S-4.3]).
const CONCURRENCY: usize = 64;

/// The most: a Lambda function has 1,024 file descriptors.
const MAX_CONCURRENCY: usize = 256;

/// The connections that a send is meant for. Nothing happens until it is awaited.
///
/// ```
/// use lift_ws::{Connection, Error, Publisher, Text};
///
/// async fn whisper(who: Connection, publish: Publisher, Text(text): Text) -> Result<(), Error> {
///     let others = publish.own_tenant().all_but(who.id()).concurrency(16);
///     let _ = others.text(text).await?;
///     Ok(())
/// }
/// # let _ = lift_ws::App::new().route("whisper", whisper);
/// ```
#[must_use = "nothing is sent until `.json(..)`, `.text(..)` or `.bytes(..)` is awaited"]
#[derive(Clone, Debug)]
pub struct Audience {
    pub(super) publisher: GlobalPublisher,
    pub(super) who: Who,
    pub(super) except: Vec<ConnectionId>,
    pub(super) cursor: Option<Cursor>,
    pub(super) concurrency: usize,
    pub(super) with_ids: bool,
}

impl Audience {
    pub(super) fn new(publisher: GlobalPublisher, who: Who) -> Self {
        let (except, cursor) = (Vec::new(), None);
        Self { publisher, who, except, cursor, concurrency: CONCURRENCY, with_ids: false }
    }

    /// Leaves a connection out; may be called several times.
    pub fn all_but(mut self, id: &ConnectionId) -> Self {
        self.except.push(id.clone());
        self
    }

    /// Goes on where an earlier send stopped.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// Has at most so many posts under way at once, 1 to 256; 64 unless set. Fewer are when API Gateway
    /// throttles.
    pub fn concurrency(mut self, posts: usize) -> Self {
        self.concurrency = posts.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Keeps the ids behind every count of the report: otherwise only those that were throttled or
    /// failed, because a large tenant's take memory.
    pub fn with_ids(mut self) -> Self {
        self.with_ids = true;
        self
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// See [`bytes`](Self::bytes).
    pub async fn json(self, value: &(impl Serialize + ?Sized)) -> Result<Report, PublishError> {
        let json = serde_json::to_vec(value).map_err(Kind::Json)?;
        self.bytes(json).await
    }

    /// Sends text.
    ///
    /// # Errors
    /// See [`bytes`](Self::bytes).
    pub async fn text(self, text: impl Into<String>) -> Result<Report, PublishError> {
        self.bytes(text.into()).await
    }

    /// Sends bytes, which should be UTF-8: what API Gateway makes of others is not documented.
    ///
    /// Pages of the list are read while earlier ones are sent. Throttled posts are tried again with
    /// back-off, and slow the whole send; those that failed are tried twice more, and so may arrive
    /// twice. It stops before the deadline, and at once when posting is forbidden.
    ///
    /// # Errors
    /// When the message is over 128 KB, the only connection meant is still connecting, or the store
    /// fails: what was sent until then is in the error's [`report`](PublishError::report). The fate of
    /// single connections is in the report.
    pub async fn bytes(self, data: impl Into<Bytes>) -> Result<Report, PublishError> {
        let data = data.into();
        if data.len() > MESSAGE_BYTES {
            return Err(Kind::TooLarge(data.len()).into());
        }
        send(&self, Act::Post(data)).await
    }

    /// Closes the connections: each client sees code 1000, and its `$disconnect` runs. Works as a send
    /// does; the report's `sent` counts those closed.
    ///
    /// # Errors
    /// When the store fails. The fate of single connections is in the report.
    pub async fn close(self) -> Result<Report, PublishError> {
        send(&self, Act::Close).await
    }
}
