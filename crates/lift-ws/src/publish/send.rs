//! The fan-out: pages are read while posts are under way, the posts of all parts share one bound, and
//! everything stops before the deadline with a cursor.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt, TryStreamExt, future,
    stream::{self, FuturesUnordered},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};

use super::{Cursor, PublishError, Publisher, Report, report::Fate};
use crate::{
    ConnectionId,
    clock::epoch_millis,
    store::{Member, Members, Page, Part, Position},
};

/// The largest message, in bytes (reference, section 6).
pub(crate) const MAX_MESSAGE: usize = 131_072;

/// How many posts are under way at once. More only makes throttles (connection-store, section 4).
const CONCURRENCY: usize = 64;

/// How often a throttled post is tried.
const ATTEMPTS: u32 = 5;

/// The first back-off; each further one is twice as long, and jittered over its whole length.
const BACK_OFF: Duration = Duration::from_millis(50);

/// How long before the call's deadline a send stops.
const MARGIN: Duration = Duration::from_millis(500);

/// A 410 proves nothing before a connection is this old, in milliseconds: the handshake may be open.
const HANDSHAKE_MILLIS: u64 = 60_000;

pub(super) enum Target {
    /// One connection, and whether the sender may reach it.
    One(ConnectionId, bool),
    /// A list, and the sender, whom the list may not have yet.
    List(Members, Option<Member>),
}

pub(super) async fn send(
    publisher: &Publisher,
    target: Target,
    except: Vec<ConnectionId>,
    cursor: Option<Cursor>,
    data: Bytes,
) -> Result<Report, PublishError> {
    let send = Send {
        publisher,
        data,
        except,
        stop_at: publisher.deadline.checked_sub(MARGIN).unwrap_or(publisher.deadline),
        permits: Semaphore::new(CONCURRENCY),
        forbidden: AtomicBool::new(false),
    };
    let mut report = Report::default();
    match target {
        Target::One(id, true) => send.all([id], &mut report).await,
        Target::One(id, false) => report.count(id, Fate::Gone),
        Target::List(members, sender) => send.list(&members, sender, cursor, &mut report).await?,
    }
    Ok(report)
}

/// What all posts of one send share.
struct Send<'a> {
    publisher: &'a Publisher,
    data: Bytes,
    except: Vec<ConnectionId>,
    stop_at: Instant,
    permits: Semaphore,
    forbidden: AtomicBool,
}

/// How far a part got.
struct Progress {
    part: Part,
    /// The pages up to here are sent whole.
    sent_to: Option<Position>,
    done: bool,
    report: Report,
}

impl Send<'_> {
    async fn list(
        &self,
        of: &Members,
        sender: Option<Member>,
        cursor: Option<Cursor>,
        report: &mut Report,
    ) -> Result<(), PublishError> {
        // The sender goes first, and is then left out of the list. Who goes on with another's send is
        // in the list like everyone.
        let sender = sender.map(|sender| sender.id).filter(|_| cursor.is_none());
        let starts: Vec<(Part, Option<Position>)> = match cursor {
            Some(cursor) => cursor.remaining,
            None => {
                self.all(sender.clone(), report).await;
                let parts = self.publisher.services.store.parts(of, 1).await?;
                parts.into_iter().map(|part| (part, None)).collect()
            }
        };
        let parts = starts.into_iter().map(|(part, start)| self.part(of, part, start, &sender));
        let mut parts: FuturesUnordered<_> = parts.collect();
        let mut remaining = Cursor::default();
        while let Some(progress) = parts.try_next().await? {
            report.add(progress.report);
            if !progress.done {
                remaining.remaining.push((progress.part, progress.sent_to));
            }
        }
        report.cursor = Some(remaining).filter(|cursor| !cursor.remaining.is_empty());
        Ok(())
    }

    async fn part(
        &self,
        of: &Members,
        part: Part,
        start: Option<Position>,
        sender: &Option<ConnectionId>,
    ) -> Result<Progress, PublishError> {
        let store = &self.publisher.services.store;
        let mut progress =
            Progress { part, sent_to: start.clone(), done: false, report: Report::default() };
        let mut page = store.page(of, part, start.as_ref()).await?;
        loop {
            let ids = page.members.into_iter().map(|member| member.id);
            let ids = ids.filter(|id| Some(id) != sender.as_ref());
            let next = match &page.next {
                Some(next) => store.page(of, part, Some(next)).map(|next| next.map(Some)).boxed(),
                None => future::ready(Ok(None)).boxed(),
            };
            let skipped = progress.report.skipped;
            let ((), next): ((), Result<Option<Page>, _>) =
                future::join(self.all(ids, &mut progress.report), next).await;
            // A post that the deadline cut off may not have arrived: its page is not sent whole.
            if progress.report.skipped > skipped || Instant::now() >= self.stop_at {
                return Ok(progress);
            }
            progress.sent_to = page.next;
            match next? {
                Some(next) => page = next,
                None => {
                    progress.done = true;
                    return Ok(progress);
                }
            }
        }
    }

    async fn all(&self, ids: impl IntoIterator<Item = ConnectionId>, report: &mut Report) {
        let ids = ids.into_iter().filter(|id| !self.except.contains(id));
        let mut posts = stream::iter(ids)
            .map(|id| async move {
                let fate = self.one(&id).await;
                (id, fate)
            })
            .buffer_unordered(CONCURRENCY);
        while let Some((id, fate)) = posts.next().await {
            report.count(id, fate);
        }
    }

    async fn one(&self, id: &ConnectionId) -> Fate {
        let Ok(_permit) = self.permits.acquire().await else { return Fate::Skipped };
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let pause = BACK_OFF * 2_u32.pow(attempt - 1);
                sleep(pause.mul_f64(fastrand::f64()).min(self.left())).await;
            }
            if Instant::now() >= self.stop_at || self.forbidden.load(Ordering::Relaxed) {
                return if attempt == 0 { Fate::Skipped } else { Fate::Throttled };
            }
            let push = &self.publisher.services.push;
            let post = push.post(&self.publisher.endpoint, id, self.data.clone());
            match timeout_at(self.stop_at, post).await {
                Ok(Ok(())) => return Fate::Sent,
                Ok(Err(error)) if error.is_gone() => {
                    self.gone(id).await;
                    return Fate::Gone;
                }
                Ok(Err(error)) if error.is_throttled() => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, cause = error.cause_text(), "a post failed");
                    if error.is_forbidden() {
                        self.forbidden.store(true, Ordering::Relaxed);
                    }
                    return Fate::Failed;
                }
                // The post was under way, so it may have arrived: it counts as failed.
                Err(_) => return Fate::Failed,
            }
        }
        Fate::Throttled
    }

    /// Takes a 410 for a lost `$disconnect`, unless the connection is too young to tell.
    async fn gone(&self, id: &ConnectionId) {
        let services = &self.publisher.services;
        services.forget(id.as_str());
        let opened_before = epoch_millis().saturating_sub(HANDSHAKE_MILLIS);
        let removed = services.store.remove_gone(id, opened_before);
        if let Ok(Err(error)) = timeout_at(self.stop_at, removed).await {
            tracing::warn!(%error, "the row of a gone connection stays");
        }
    }

    fn left(&self) -> Duration {
        self.stop_at.saturating_duration_since(Instant::now())
    }
}
