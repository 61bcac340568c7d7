//! The way from a program to one API, on which things go wrong.
//!
//! [`Link::call`] is the flow. What the program has sent is done even when the program has gone,
//! as it is in a network: the work is a task of its own.

mod outcome;
mod redelivery;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    call::{Call, Items},
    faults::{Effect, Faults, Meeting},
    lag::LaggingCopy,
    plan::{Access, Api, Lost},
    response,
    upstream::{Shared, Upstream},
};
use outcome::Outcome;
use redelivery::Again;

/// The connection broke before an answer came. Whether the request was done, who knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection was reset before an answer came")]
pub struct Reset;

/// The way to one API. Clones are the same link.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    faults: Faults,
    api: Api,
    upstream: Shared,
    indexes: Option<LaggingCopy>,
    stale: Option<LaggingCopy>,
    arrived: AtomicU64,
    /// The latest request that is done, by arrival.
    done: watch::Sender<u64>,
    again: Again,
    /// What is under way, duplicates included.
    work: TaskTracker,
}

impl Link {
    /// The way to DynamoDB.
    ///
    /// # Panics
    /// When reads lag in the plan: that takes [`dynamodb_with_copies`](Self::dynamodb_with_copies).
    #[must_use]
    #[track_caller]
    pub fn dynamodb(faults: &Faults, upstream: impl Upstream) -> Self {
        assert!(!faults.plan().lags(), "a plan in which reads lag needs a link with copies");
        Self::new(faults, Api::DynamoDb, Arc::new(upstream), None, None)
    }

    /// The way to a DynamoDB whose reads may lag. The copies are two databases without tables: the
    /// first answers queries of indexes, the second eventually consistent reads of tables, when
    /// they lag in the plan. Tables are copied when they are first used; what is written past the
    /// link after that does not reach the copies. Must be called within tokio.
    #[must_use]
    pub fn dynamodb_with_copies<U: Upstream>(
        faults: &Faults,
        upstream: impl Upstream,
        copies: [U; 2],
    ) -> Self {
        let upstream: Shared = Arc::new(upstream);
        let [indexes, stale] =
            copies.map(|copy| LaggingCopy::new(upstream.clone(), Arc::new(copy)));
        let indexes = Some(indexes).filter(|_| faults.plan().has_index_lag());
        let stale = Some(stale).filter(|_| faults.plan().has_stale_reads());
        Self::new(faults, Api::DynamoDb, upstream, indexes, stale)
    }

    /// The way to `@connections`.
    #[must_use]
    pub fn connections(faults: &Faults, upstream: impl Upstream) -> Self {
        Self::new(faults, Api::Connections, Arc::new(upstream), None, None)
    }

    /// The way from one process of a function to the Runtime API.
    #[must_use]
    pub fn runtime(faults: &Faults, upstream: impl Upstream) -> Self {
        Self::new(faults, Api::Runtime, Arc::new(upstream), None, None)
    }

    fn new(
        faults: &Faults,
        api: Api,
        upstream: Shared,
        indexes: Option<LaggingCopy>,
        stale: Option<LaggingCopy>,
    ) -> Self {
        let faults = faults.clone();
        let (arrived, done, again) = Default::default();
        let work = TaskTracker::new();
        // So that waiting for it ends as soon as nothing is under way; it takes more all the same.
        work.close();
        let inner = Inner { faults, api, upstream, indexes, stale, arrived, done, again, work };
        Self(Arc::new(inner))
    }

    /// Sends a request to the API, through all that may go wrong.
    ///
    /// Dropping the future is what a program does that waits no longer: what it sent is done all
    /// the same. Only a call for the next event is taken back.
    ///
    /// # Errors
    /// When the connection breaks, by a fault or because the API itself cannot be reached. A fault
    /// may also be that this never returns.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Reset> {
        let Some(call) = Call::read(self.0.api, &request) else {
            return self.0.forward(request).await.into_answer().await;
        };
        if self.0.again.takes(&call) {
            return Ok(response::accepted());
        }
        if let Some(event) = self.0.again.event(&call) {
            return Ok(event);
        }
        let meeting = self.0.faults.meet(self.0.api, &call);
        // An event that nobody waits for any more must go to another process.
        let call_is_taken_back = self.0.api == Api::Runtime && call.operation == "next";
        let work = Inner::run(self.0.clone(), call, request, meeting);
        let outcome = if call_is_taken_back {
            work.await
        } else {
            self.0.work.spawn(work).await.unwrap_or(Outcome::Reset)
        };
        outcome.into_answer().await
    }

    /// Waits until all that was sent is done, also what is late and what comes twice, and the
    /// copies have caught up with it.
    pub async fn settle(&self) {
        let Inner { work, indexes, stale, .. } = &*self.0;
        work.wait().await;
        join_all([indexes, stale].into_iter().flatten().map(LaggingCopy::settle)).await;
    }
}

impl Inner {
    /// Does a request and what falls on it.
    async fn run(
        self: Arc<Self>,
        call: Call,
        request: Request<Bytes>,
        mut meeting: Meeting,
    ) -> Outcome {
        let arrival = self.arrived.fetch_add(1, Ordering::Relaxed) + 1;
        sleep(meeting.delay).await;
        let outcome = match meeting.effect.take() {
            None => self.work(&call, request, &meeting).await,
            Some((Effect::Throttle(reason), number)) => {
                Outcome::Answer(response::throttled(&call, reason.as_ref(), &request, number))
            }
            Some((Effect::Error { status, name, lost }, number)) => {
                self.work_unless_lost(lost, &call, request, &meeting).await;
                Outcome::Answer(response::error(self.api, status, name.as_deref(), number))
            }
            Some((Effect::Hang { at_most, lost }, _)) => {
                self.work_unless_lost(lost, &call, request, &meeting).await;
                Outcome::Silence(at_most)
            }
            Some((Effect::Reset { lost }, _)) => {
                self.work_unless_lost(lost, &call, request, &meeting).await;
                Outcome::Reset
            }
            Some((Effect::Reorder { at_most }, _)) => {
                let mut done = self.done.subscribe();
                let _ = timeout(at_most, done.wait_for(|latest| *latest > arrival)).await;
                self.work(&call, request, &meeting).await
            }
            Some((Effect::Duplicate { after }, _)) => {
                self.work_twice(&call, request, meeting, after).await
            }
        };
        self.done.send_if_modified(|latest| {
            let is_later = *latest < arrival;
            *latest = arrival.max(*latest);
            is_later
        });
        outcome
    }

    async fn work_unless_lost(
        &self,
        lost: Lost,
        call: &Call,
        request: Request<Bytes>,
        meeting: &Meeting,
    ) {
        if lost == Lost::Answer {
            self.work(call, request, meeting).await;
        }
    }

    /// Does a request, and once more later, when nobody waits for the answer. An event is not
    /// fetched twice but handed out twice.
    async fn work_twice(
        self: &Arc<Self>,
        call: &Call,
        request: Request<Bytes>,
        meeting: Meeting,
        after: Duration,
    ) -> Outcome {
        let first = self.work(call, request.clone(), &meeting).await;
        if self.api == Api::Runtime {
            if let Outcome::Answer(event) = &first {
                self.again.keep(event);
            }
            return first;
        }
        let (link, call) = (self.clone(), call.clone());
        self.work.spawn(async move {
            sleep(after).await;
            link.work(&call, request, &meeting).await;
        });
        first
    }

    /// Does a request as the API would; copies follow what it writes, and answer what may lag.
    async fn work(&self, call: &Call, request: Request<Bytes>, meeting: &Meeting) -> Outcome {
        let Some(items) = call.items() else { return self.forward(request).await };
        let headers = request.headers().clone();
        let copies = [(&self.indexes, meeting.index_lag), (&self.stale, meeting.stale_lag)];
        let copies = copies.map(|(copy, lag)| copy.as_ref().map(|copy| (copy, lag)));
        if items.access.is_some() {
            for (copy, _) in copies.iter().flatten() {
                copy.prepare(items, &headers).await;
            }
        }
        if let Some(copy) = self.copy_for(items, meeting) {
            return copy.call(request).await.into();
        }
        let outcome = self.forward(request).await;
        if let Outcome::Answer(response) = &outcome
            && response.status().is_success()
        {
            for (copy, lag) in copies.into_iter().flatten() {
                match (items.access, call.operation.as_str(), items.table()) {
                    (Some(Access::Write), ..) => copy.follow(items, &headers, lag).await,
                    (_, "DeleteTable", Some(table)) => copy.forget(table, &headers).await,
                    _ => {}
                }
            }
        }
        outcome
    }

    /// The copy that answers a request; `None` when it is the primary.
    fn copy_for(&self, items: &Items, meeting: &Meeting) -> Option<&LaggingCopy> {
        if items.access == Some(Access::Read) && items.index().is_some() {
            return self.indexes.as_ref();
        }
        self.stale.as_ref().filter(|_| meeting.is_stale)
    }

    async fn forward(&self, request: Request<Bytes>) -> Outcome {
        self.upstream.call(request).await.into()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("api", &self.0.api).finish_non_exhaustive()
    }
}
