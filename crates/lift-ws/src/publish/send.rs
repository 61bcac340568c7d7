//! The fan-out: pages are read while posts are under way, the posts of all parts share one pace, and
//! everything stops before the deadline with a cursor.

use std::sync::OnceLock;

use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt,
    future::{self, BoxFuture, join},
    stream::{self, FuturesUnordered},
};
use tokio::time::Instant;

use super::{
    Audience, Cursor, GlobalPublisher, PublishError, Recipient, Report, SourcePage, cursor::Rest,
    fate::Fate, pace::Pace, patience::persist, who::Who,
};
use crate::{
    ConnectionId,
    call::Services,
    store::{Part, Position, StoreError},
};

/// What is done to each connection.
pub(super) enum Act {
    Post(Bytes),
    Close,
}

/// Why a send stops at once, for all connections.
pub(super) enum Stop {
    Forbidden,
    Store(StoreError),
}

/// What all posts of one send share.
pub(super) struct Send<'a> {
    pub(super) publisher: &'a GlobalPublisher,
    pub(super) who: &'a Who,
    pub(super) act: Act,
    pub(super) pace: Pace,
    pub(super) stop_at: Instant,
    audience: &'a Audience,
    stopped: OnceLock<Stop>,
}

/// How far a part got.
struct Progress {
    /// Where to go on; `None` when it is through.
    rest: Option<Rest>,
    report: Report,
}

/// Boxed, so that the compiler need not look into it wherever a handler is checked to be `Send`.
pub(super) fn send(audience: &Audience, act: Act) -> BoxFuture<'_, Result<Report, PublishError>> {
    run(audience, act).boxed()
}

async fn run(audience: &Audience, act: Act) -> Result<Report, PublishError> {
    audience.who.check().map_err(PublishError::from)?;
    let publisher = &audience.publisher;
    let send = Send {
        publisher,
        who: &audience.who,
        act,
        pace: Pace::new(audience.concurrency),
        stop_at: publisher.stop_at(),
        audience,
        stopped: OnceLock::new(),
    };
    let mut report = send.everyone().await;
    match send.stopped.into_inner() {
        Some(Stop::Store(error)) => Err(PublishError::from(error).with_report(report)),
        stopped => {
            report.forbidden = stopped.is_some();
            Ok(report)
        }
    }
}

impl Send<'_> {
    /// The sender, and everyone in the list, side by side.
    async fn everyone(&self) -> Report {
        // The sender is not waited for in the list, nor sent to twice. Who goes on with another's send
        // is in the list like everyone.
        let sender = self.who.sender().filter(|_| self.audience.cursor.is_none());
        let known = sender.map(|sender| &sender.id);
        let to_sender = async {
            let mut report = self.report();
            let sender = sender.cloned().map(Recipient::from);
            // One that was not tried is in the parts' rest, if anywhere.
            let _ = self.each(sender.into_iter().collect(), None, &mut report).await;
            report
        };
        let to_list = async {
            let parts = self.starts().await.into_iter().map(|start| self.part(start, known));
            let mut parts: FuturesUnordered<_> = parts.collect();
            let (mut report, mut cursor) = (self.report(), Cursor::default());
            while let Some(progress) = parts.next().await {
                report.add(progress.report);
                cursor.rest.extend(progress.rest);
            }
            report.cursor = Some(cursor).filter(|cursor| !cursor.rest.is_empty());
            report
        };
        let (first, mut report) = join(to_sender, to_list).await;
        report.add(first);
        report
    }

    /// Where each part starts. When they cannot be read there is no cursor, so it is always a failure.
    async fn starts(&self) -> Vec<Rest> {
        if let Some(cursor) = &self.audience.cursor {
            return cursor.rest.clone();
        }
        let store = &*self.services().store;
        match persist(self.stop_at, || self.who.parts(store, 1)).await {
            Ok(parts) => parts.into_iter().map(Rest::whole).collect(),
            Err(error) => {
                self.stop(Stop::Store(error));
                Vec::new()
            }
        }
    }

    async fn part(&self, start: Rest, sender: Option<&ConnectionId>) -> Progress {
        let mut report = self.report();
        let Rest { part, page: mut at, mut tried } = start;
        let mut page = self.page(part, at.as_ref()).await;
        loop {
            let Some(SourcePage { mut recipients, next }) = page else {
                return Progress { rest: Some(Rest { part, page: at, tried }), report };
            };
            // Nobody is missed when the one up to whom everyone was tried has left the list.
            let skip = tried.as_ref().and_then(|id| recipients.iter().position(|to| to.id == *id));
            recipients.drain(..skip.map_or(0, |last| last + 1));
            let ahead = match &next {
                Some(next) => self.page(part, Some(next)).left_future(),
                None => future::ready(None).right_future(),
            };
            let (whole, ahead) = join(self.each(recipients, sender, &mut report), ahead).await;
            if let Err(last) = whole {
                tried = last.or(tried);
                return Progress { rest: Some(Rest { part, page: at, tried }), report };
            }
            if next.is_none() {
                return Progress { rest: None, report };
            }
            (at, tried, page) = (next, None, ahead);
        }
    }

    /// Reads a page, unless the time is over or the store fails, which stops the send.
    async fn page(&self, part: Part, after: Option<&Position>) -> Option<SourcePage> {
        if self.is_over() {
            return None;
        }
        let store = &*self.services().store;
        let read = || self.who.page(store, part, after);
        match persist(self.stop_at, read).await {
            Ok(page) => Some(page),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Sends to each; fails with the last one before whom everyone is settled, when not everyone is.
    async fn each(
        &self,
        mut to: Vec<Recipient>,
        sender: Option<&ConnectionId>,
        report: &mut Report,
    ) -> Result<(), Option<ConnectionId>> {
        let except = &self.audience.except;
        to.retain(|to| Some(&to.id) != sender && !except.contains(&to.id));
        let ids: Vec<ConnectionId> = to.iter().map(|to| to.id.clone()).collect();
        let mut settled = vec![false; ids.len()];
        let mut posts = stream::iter(to.into_iter().enumerate())
            .map(|(at, to)| self.numbered(at, to))
            .buffer_unordered(self.audience.concurrency);
        while let Some((at, fate)) = posts.next().await {
            settled[at] = fate.settled;
            report.count(&ids[at], fate.outcome);
        }
        match settled.iter().position(|settled| !settled) {
            None => Ok(()),
            Some(first) => Err(first.checked_sub(1).map(|last| ids[last].clone())),
        }
    }

    /// Boxed, because the compiler cannot tell that a stream of such futures is `Send`.
    fn numbered(&self, at: usize, to: Recipient) -> BoxFuture<'_, (usize, Fate)> {
        async move { (at, self.one(&to).await) }.boxed()
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.stop_at || self.stopped.get().is_some()
    }

    pub(super) fn stop(&self, why: Stop) {
        // The first reason is as good as any.
        let _ = self.stopped.set(why);
    }

    /// Stops because the store failed; what failed for the time being over is no failure.
    pub(super) fn fail(&self, error: StoreError) {
        if Instant::now() < self.stop_at {
            self.stop(Stop::Store(error));
        }
    }

    pub(super) fn services(&self) -> &Services {
        &self.publisher.services
    }

    fn report(&self) -> Report {
        Report::new(self.audience.with_ids)
    }
}
