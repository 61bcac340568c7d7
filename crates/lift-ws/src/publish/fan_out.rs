//! The fan-out of a send: pages are read while posts are in flight, the posts of all parts share one
//! window, and everything stops before the deadline with a cursor.

use futures_util::{
    FutureExt, StreamExt,
    future::{self, BoxFuture, join},
    stream::{self, FuturesUnordered},
};

use super::{
    Cursor, PublishError, Recipient, Report, SourcePage,
    context::SendContext,
    cursor::PartCursor,
    post::{Operation, PostResult, Poster, StopCause},
    retry::retry_read,
    target::Target,
};
use crate::{
    ConnectionId,
    store::{Part, Position, Store},
};

/// How many posts are in flight at once by default. More only cause throttles ([S-4.3]).
const CONCURRENCY: usize = 64;

/// The settings of a send.
#[derive(Clone, Debug)]
pub(super) struct SendOptions {
    /// Connections to leave out.
    pub(super) except: Vec<ConnectionId>,
    /// Where to resume.
    pub(super) cursor: Option<Cursor>,
    pub(super) concurrency: usize,
    /// Whether the report keeps the ids of all outcomes.
    pub(super) with_ids: bool,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self { except: Vec::new(), cursor: None, concurrency: CONCURRENCY, with_ids: false }
    }
}

/// A running send.
struct FanOut<'a> {
    store: &'a dyn Store,
    target: &'a Target,
    options: &'a SendOptions,
    poster: Poster<'a>,
}

/// The result of one part.
struct PartResult {
    report: Report,
    /// Where to resume; `None` when the part is finished.
    cursor: Option<PartCursor>,
}

/// Sends to the target. The future is boxed so that the compiler does not have to look into it wherever a
/// handler is checked to be `Send`.
pub(super) fn send<'a>(
    context: &'a SendContext,
    target: &'a Target,
    options: &'a SendOptions,
    operation: Operation,
) -> BoxFuture<'a, Result<Report, PublishError>> {
    let run = async move {
        target.check()?;
        let store = &*context.services.store;
        let poster = Poster::new(context, target.scope(), operation, options.concurrency);
        let fan_out = FanOut { store, target, options, poster };
        let mut report = fan_out.run().await;
        report.set_reasons(fan_out.poster.take_failures());
        match fan_out.poster.into_stop_cause() {
            Some(StopCause::Store(error)) => Err(PublishError::from(error).with_report(report)),
            stopped => {
                report.forbidden = stopped.is_some();
                Ok(report)
            }
        }
    };
    run.boxed()
}

impl FanOut<'_> {
    /// Sends to the sender and to the list at the same time.
    async fn run(&self) -> Report {
        // The sender gets its post at once, and not a second one when its page of the list comes. A resumed
        // send finds it only in the list.
        let sender = self.target.sender().filter(|_| self.options.cursor.is_none());
        let sender_id = sender.map(|sender| &sender.id);
        let to_sender = async {
            let mut report = self.empty_report();
            let sender = sender.cloned().map(Recipient::from);
            // If the post to the sender failed, a resumed send reaches it through the list.
            let _ = self.post_all(sender.into_iter().collect(), None, &mut report).await;
            report
        };
        let to_list = async {
            let starts = self.starts().await;
            let parts = starts.into_iter().map(|start| self.part(start, sender_id));
            let mut parts: FuturesUnordered<_> = parts.collect();
            let (mut report, mut cursors) = (self.empty_report(), Vec::new());
            while let Some(part) = parts.next().await {
                report.add(part.report);
                cursors.extend(part.cursor);
            }
            report.cursor = (!cursors.is_empty()).then(|| Cursor::new(cursors));
            report
        };
        let (of_sender, mut report) = join(to_sender, to_list).await;
        report.add(of_sender);
        report
    }

    /// Where each part starts. Without them there is no cursor to return, so a failure is always an error,
    /// even if the time is over.
    async fn starts(&self) -> Vec<PartCursor> {
        if let Some(cursor) = &self.options.cursor {
            return cursor.parts().to_vec();
        }
        match retry_read(self.poster.stop_at(), || self.target.parts(self.store, 1)).await {
            Ok(parts) => parts.into_iter().map(PartCursor::start_of).collect(),
            Err(error) => {
                self.poster.stop(StopCause::Store(error));
                Vec::new()
            }
        }
    }

    /// Sends to one part, and reads each page while the posts of the one before are in flight.
    async fn part(&self, start: PartCursor, sender: Option<&ConnectionId>) -> PartResult {
        let mut report = self.empty_report();
        let PartCursor { part, page: mut position, mut tried } = start;
        let mut page = self.page(part, position.as_ref()).await;
        loop {
            let Some(SourcePage { mut recipients, next }) = page else {
                let cursor = Some(PartCursor { part, page: position, tried });
                return PartResult { report, cursor };
            };
            // If the last one tried has left the list, the whole page is sent again: none is missed.
            let last = tried.as_ref().and_then(|id| recipients.iter().position(|to| to.id == *id));
            recipients.drain(..last.map_or(0, |last| last + 1));
            let next_page = match &next {
                Some(next) => self.page(part, Some(next)).left_future(),
                None => future::ready(None).right_future(),
            };
            let posts = self.post_all(recipients, sender, &mut report);
            let (finished, next_page) = join(posts, next_page).await;
            if let Err(last) = finished {
                tried = last.or(tried);
                let cursor = Some(PartCursor { part, page: position, tried });
                return PartResult { report, cursor };
            }
            if next.is_none() {
                return PartResult { report, cursor: None };
            }
            (position, tried, page) = (next, None, next_page);
        }
    }

    /// Reads a page. `None` when the time is over or the store failed, which stops the send.
    async fn page(&self, part: Part, after: Option<&Position>) -> Option<SourcePage> {
        if self.poster.is_over() {
            return None;
        }
        let read = || self.target.page(self.store, part, after);
        match retry_read(self.poster.stop_at(), read).await {
            Ok(page) => Some(page),
            Err(error) => {
                self.poster.stop_by_store(error);
                None
            }
        }
    }

    /// Posts to all of a page.
    ///
    /// # Errors
    /// When not all are finished: the last recipient up to which all posts are finished, if there is one.
    async fn post_all(
        &self,
        mut to: Vec<Recipient>,
        sender: Option<&ConnectionId>,
        report: &mut Report,
    ) -> Result<(), Option<ConnectionId>> {
        let except = &self.options.except;
        to.retain(|to| Some(&to.id) != sender && !except.contains(&to.id));
        let ids: Vec<ConnectionId> = to.iter().map(|to| to.id.clone()).collect();
        let mut finished = vec![false; ids.len()];
        let mut posts = stream::iter(to.into_iter().enumerate())
            .map(|(index, to)| self.post(index, to))
            .buffer_unordered(self.options.concurrency);
        while let Some((index, result)) = posts.next().await {
            finished[index] = result.finished;
            report.count(&ids[index], result.outcome);
        }
        match finished.iter().position(|finished| !finished) {
            None => Ok(()),
            Some(first) => Err(first.checked_sub(1).map(|last| ids[last].clone())),
        }
    }

    /// Boxed, because the compiler cannot prove that a stream of such futures is `Send`.
    fn post(&self, index: usize, to: Recipient) -> BoxFuture<'_, (usize, PostResult)> {
        async move { (index, self.poster.post(&to).await) }.boxed()
    }

    fn empty_report(&self) -> Report {
        Report::new(self.options.with_ids)
    }
}
