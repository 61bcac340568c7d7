//! The target of a send, with its settings: it can be sent to, closed, listed, counted or split.

use bytes::Bytes;
use lift_event::limits::MESSAGE_BYTES;
use serde::Serialize;

use super::{
    Cursor, Estimate, MemberStream, PublishError, Report, SendPart,
    context::SendContext,
    error::PublishErrorKind,
    estimate::{count_parts, read_parts},
    fan_out::{SendOptions, send},
    post::Operation,
    target::Target,
};
use crate::ConnectionId;

/// The most posts in flight at once: a Lambda function has 1,024 file descriptors.
const MAX_CONCURRENCY: usize = 256;

/// The connections that a send goes to. Nothing happens until one of its async methods is awaited.
///
/// ```
/// use lift_ws::{Connection, Error, Publisher, Text};
///
/// async fn whisper(
///     connection: Connection,
///     publish: Publisher,
///     Text(text): Text,
/// ) -> Result<(), Error> {
///     let others = publish.own_tenant().except(connection.id()).concurrency(16);
///     let _ = others.text(text).await?;
///     Ok(())
/// }
/// # let _ = lift_ws::App::new().route("whisper", whisper);
/// ```
#[must_use = "nothing is sent until `.json(..)`, `.text(..)` or `.bytes(..)` is awaited"]
#[derive(Clone, Debug)]
pub struct Audience {
    context: SendContext,
    target: Target,
    options: SendOptions,
}

impl Audience {
    pub(super) fn new(context: SendContext, target: Target) -> Self {
        Self { context, target, options: SendOptions::default() }
    }

    /// Leaves a connection out. May be called several times.
    pub fn except(mut self, id: &ConnectionId) -> Self {
        self.options.except.push(id.clone());
        self
    }

    /// Resumes where an earlier send to the same audience stopped.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.options.cursor = Some(cursor);
        self
    }

    /// Sets how many posts are in flight at once, from 1 to 256; 64 by default. While API Gateway throttles,
    /// there are fewer.
    pub fn concurrency(mut self, posts: usize) -> Self {
        self.options.concurrency = posts.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Keeps the connection ids of all outcomes in the report. By default it keeps only those of throttled
    /// and failed posts, because all ids of a large tenant take much memory.
    pub fn with_ids(mut self) -> Self {
        self.options.with_ids = true;
        self
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// When the value cannot be written as JSON; otherwise see [`bytes`](Self::bytes).
    pub async fn json(self, value: &(impl Serialize + ?Sized)) -> Result<Report, PublishError> {
        let json = serde_json::to_vec(value).map_err(PublishErrorKind::Json)?;
        self.bytes(json).await
    }

    /// Sends text.
    ///
    /// # Errors
    /// See [`bytes`](Self::bytes).
    pub async fn text(self, text: impl Into<String>) -> Result<Report, PublishError> {
        self.bytes(text.into()).await
    }

    /// Sends bytes. They should be UTF-8: AWS does not document what API Gateway does with other bytes.
    ///
    /// A list is read page by page while earlier pages are sent. A throttled post is retried with back-off,
    /// and many of them slow the whole send down. A failed post is retried twice, so the client may receive
    /// it more than once. The send stops half a second before the deadline, and at once when posting is
    /// forbidden.
    ///
    /// # Errors
    /// When the message is over 128 KB, when the target cannot be sent to (see
    /// [`is_misuse`](PublishError::is_misuse)), or when the store fails: then
    /// [`PublishError::report`] has what was sent before. The outcomes of single connections are in the
    /// report.
    pub async fn bytes(self, data: impl Into<Bytes>) -> Result<Report, PublishError> {
        let data = data.into();
        if data.len() > MESSAGE_BYTES {
            return Err(PublishErrorKind::TooLarge(data.len()).into());
        }
        send(&self.context, &self.target, &self.options, Operation::Post(data)).await
    }

    /// Closes the connections: each client sees code 1000, and its `$disconnect` runs. Works as a send
    /// does. `sent` counts the connections that were closed.
    ///
    /// # Errors
    /// When the target cannot be sent to, or the store fails. The outcomes of single connections are in
    /// the report.
    pub async fn close(self) -> Result<Report, PublishError> {
        send(&self.context, &self.target, &self.options, Operation::Close).await
    }

    /// Reads the connections themselves, page by page as they are requested. Connections given by id cost
    /// a read each, unless this process knows them.
    pub fn members(self) -> MemberStream {
        MemberStream::new(self.context, self.target, self.options.except)
    }

    /// Counts the connections. On DynamoDB this takes some read units per thousand connections, about
    /// $0.002 per million. Lists may lag behind by a second.
    ///
    /// # Errors
    /// When the target cannot be sent to, or the store fails.
    pub async fn count(self) -> Result<u64, PublishError> {
        if let (Target::List(list, _), true) = (&self.target, self.options.except.is_empty()) {
            let parts = read_parts(&self.context, &self.target, 1).await?;
            return count_parts(&self.context, list, parts).await;
        }
        let (mut members, mut count) = (self.members(), 0);
        while let Some(member) = members.next().await {
            member?;
            count += 1;
        }
        Ok(count)
    }

    /// Estimates how many connections there are, to within some per cent. It counts those in a random range
    /// of the hashes of their ids that has about a thousand, and multiplies. For a million connections this
    /// costs a hundredth of [`count`](Self::count). Connections given by id are counted exactly.
    ///
    /// # Errors
    /// When the target cannot be sent to, or the store fails.
    pub async fn estimate(self) -> Result<Estimate, PublishError> {
        match &self.target {
            Target::List(list, _) => {
                let parts = read_parts(&self.context, &self.target, 1).await?;
                Estimate::of_list(&self.context, list, &parts).await
            }
            _ => Ok(Estimate::new(self.count().await?, true)),
        }
    }

    /// Splits the audience into about this many parts that other processes can send to. Together they are the
    /// whole audience. A list has at least one part for each of its shards. A connection that opens
    /// meanwhile is sent to if it is stored before its part is read. If the audience has a handler's sender,
    /// the sender is a part of its own, because a list that lags may not have it.
    ///
    /// # Errors
    /// When the target cannot be sent to, the store fails, or the target is a
    /// [`Source`](crate::publish::Source), which other processes do not have.
    pub async fn split(self, parts: u32) -> Result<Vec<SendPart>, PublishError> {
        let Self { context, target, options } = self;
        target.check()?;
        let lists = if options.cursor.is_some() {
            Vec::new()
        } else {
            read_parts(&context, &target, parts).await?
        };
        SendPart::split(target, options, lists, parts)
    }

    /// The audience of one part of a split.
    pub(super) fn of_part(mut self, except: Vec<ConnectionId>, cursor: Cursor) -> Self {
        self.options.except.extend(except);
        self.resume(cursor)
    }
}
