//! A link between a program and one API, which injects the faults of the plan.
//!
//! [`Link::call`] is the flow. As in a network, a request that was sent is executed even if the program
//! stops waiting: it runs in a separate task.

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
use lift_local::Reset;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    call::{Call, Items},
    faults::{Decision, Effect, Faults},
    lag::LaggingCopy,
    plan::{Access, Api, LostPart},
    response,
    upstream::{SharedUpstream, Upstream},
};
use outcome::CallOutcome;
use redelivery::Redelivery;

/// A link to one API. Clones share it.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    faults: Faults,
    api: Api,
    upstream: SharedUpstream,
    indexes: Option<LaggingCopy>,
    stale: Option<LaggingCopy>,
    arrived: AtomicU64,
    /// The number, by arrival, of the latest request that has finished.
    done: watch::Sender<u64>,
    redelivery: Redelivery,
    /// Requests in progress, including duplicates.
    in_progress: TaskTracker,
}

impl Link {
    /// A link to DynamoDB.
    ///
    /// # Panics
    /// If reads lag in the plan: use [`dynamodb_with_copies`](Self::dynamodb_with_copies).
    #[must_use]
    #[track_caller]
    pub fn dynamodb(faults: &Faults, upstream: impl Upstream) -> Self {
        assert!(!faults.plan().lags(), "a plan in which reads lag needs a link with copies");
        Self::new(faults, Api::DynamoDb, Arc::new(upstream), None, None)
    }

    /// A link to DynamoDB whose reads may lag. `copies` are two databases without tables. The first
    /// answers queries of indexes and the second eventually consistent reads of tables, if these lag
    /// in the plan. A table is copied at its first use; later writes that bypass the link do not reach
    /// the copies. Must be called within a tokio runtime.
    #[must_use]
    pub fn dynamodb_with_copies<U: Upstream>(
        faults: &Faults,
        upstream: impl Upstream,
        copies: [U; 2],
    ) -> Self {
        let upstream: SharedUpstream = Arc::new(upstream);
        let [indexes, stale] =
            copies.map(|copy| LaggingCopy::new(upstream.clone(), Arc::new(copy)));
        let indexes = Some(indexes).filter(|_| faults.plan().has_index_lag());
        let stale = Some(stale).filter(|_| faults.plan().has_stale_reads());
        Self::new(faults, Api::DynamoDb, upstream, indexes, stale)
    }

    /// A link to `@connections`.
    #[must_use]
    pub fn connections(faults: &Faults, upstream: impl Upstream) -> Self {
        Self::new(faults, Api::Connections, Arc::new(upstream), None, None)
    }

    /// A link from one process of a function to the Runtime API.
    #[must_use]
    pub fn runtime(faults: &Faults, upstream: impl Upstream) -> Self {
        Self::new(faults, Api::Runtime, Arc::new(upstream), None, None)
    }

    fn new(
        faults: &Faults,
        api: Api,
        upstream: SharedUpstream,
        indexes: Option<LaggingCopy>,
        stale: Option<LaggingCopy>,
    ) -> Self {
        let faults = faults.clone();
        let (arrived, done, redelivery) = Default::default();
        let in_progress = TaskTracker::new();
        // `wait` returns only on a closed tracker. A closed tracker still accepts tasks.
        in_progress.close();
        let inner =
            Inner { faults, api, upstream, indexes, stale, arrived, done, redelivery, in_progress };
        Self(Arc::new(inner))
    }

    /// Sends a request to the API and injects the faults that the plan has for it.
    ///
    /// Dropping the future does not cancel the request, except a request for the next event.
    ///
    /// # Errors
    /// If the connection breaks, by a fault or because the API cannot be reached. With the fault `hang`
    /// the call may never return.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Reset> {
        let Some(call) = Call::read(self.0.api, &request) else {
            return self.0.forward(request).await.into_response().await;
        };
        if self.0.redelivery.takes(&call) {
            return Ok(response::accepted());
        }
        if let Some(event) = self.0.redelivery.event(&call) {
            return Ok(event);
        }
        let decision = self.0.faults.decide(self.0.api, &call);
        // If the process stops waiting, the event has to go to another process.
        let call_is_taken_back = self.0.api == Api::Runtime && call.operation == "next";
        let call = Inner::run(self.0.clone(), call, request, decision);
        let outcome = if call_is_taken_back {
            call.await
        } else {
            self.0.in_progress.spawn(call).await.unwrap_or(CallOutcome::Reset)
        };
        outcome.into_response().await
    }

    /// Waits until all requests have finished, including late ones and duplicates, and the copies are
    /// up to date.
    pub async fn wait_until_idle(&self) {
        let Inner { in_progress, indexes, stale, .. } = &*self.0;
        in_progress.wait().await;
        join_all([indexes, stale].into_iter().flatten().map(LaggingCopy::wait_until_idle)).await;
    }
}

impl Inner {
    /// Executes a request with its faults.
    async fn run(
        self: Arc<Self>,
        call: Call,
        request: Request<Bytes>,
        mut decision: Decision,
    ) -> CallOutcome {
        let arrival = self.arrived.fetch_add(1, Ordering::Relaxed) + 1;
        sleep(decision.delay).await;
        let outcome = match decision.effect.take() {
            None => self.send(&call, request, &decision).await,
            Some((Effect::Throttle(reason), number)) => {
                CallOutcome::Response(response::throttled(&call, reason.as_ref(), &request, number))
            }
            Some((Effect::Error { status, name, lost }, number)) => {
                self.send_unless_lost(lost, &call, request, &decision).await;
                CallOutcome::Response(response::error(self.api, status, name.as_deref(), number))
            }
            Some((Effect::Hang { at_most, lost }, _)) => {
                self.send_unless_lost(lost, &call, request, &decision).await;
                CallOutcome::NoResponse(at_most)
            }
            Some((Effect::Reset { lost }, _)) => {
                self.send_unless_lost(lost, &call, request, &decision).await;
                CallOutcome::Reset
            }
            Some((Effect::Reorder { at_most }, _)) => {
                let mut done = self.done.subscribe();
                let _ = timeout(at_most, done.wait_for(|latest| *latest > arrival)).await;
                self.send(&call, request, &decision).await
            }
            Some((Effect::Duplicate { after }, _)) => {
                self.send_twice(&call, request, decision, after).await
            }
        };
        self.done.send_if_modified(|latest| {
            let is_later = *latest < arrival;
            *latest = arrival.max(*latest);
            is_later
        });
        outcome
    }

    async fn send_unless_lost(
        &self,
        lost: LostPart,
        call: &Call,
        request: Request<Bytes>,
        decision: &Decision,
    ) {
        if lost == LostPart::Response {
            self.send(call, request, decision).await;
        }
    }

    /// Executes a request, and again later without returning the second response. An event is not
    /// fetched twice but delivered twice.
    async fn send_twice(
        self: &Arc<Self>,
        call: &Call,
        request: Request<Bytes>,
        decision: Decision,
        after: Duration,
    ) -> CallOutcome {
        let first = self.send(call, request.clone(), &decision).await;
        if self.api == Api::Runtime {
            if let CallOutcome::Response(event) = &first {
                self.redelivery.keep(event);
            }
            return first;
        }
        let (link, call) = (self.clone(), call.clone());
        self.in_progress.spawn(async move {
            sleep(after).await;
            link.send(&call, request, &decision).await;
        });
        first
    }

    /// Executes a request without faults. Copies follow its writes and answer its reads that lag.
    async fn send(&self, call: &Call, request: Request<Bytes>, decision: &Decision) -> CallOutcome {
        let Some(items) = call.items() else { return self.forward(request).await };
        let headers = request.headers().clone();
        let copies = [(&self.indexes, decision.index_lag), (&self.stale, decision.stale_lag)];
        let copies = copies.map(|(copy, lag)| copy.as_ref().map(|copy| (copy, lag)));
        if items.access.is_some() {
            for (copy, _) in copies.iter().flatten() {
                copy.prepare(items, &headers).await;
            }
        }
        if let Some(copy) = self.copy_for(items, decision) {
            return copy.call(request).await.into();
        }
        let outcome = self.forward(request).await;
        if let CallOutcome::Response(response) = &outcome
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

    /// The copy that answers a request; `None` for the primary.
    fn copy_for(&self, items: &Items, decision: &Decision) -> Option<&LaggingCopy> {
        if items.access == Some(Access::Read) && items.index().is_some() {
            return self.indexes.as_ref();
        }
        self.stale.as_ref().filter(|_| decision.is_stale)
    }

    async fn forward(&self, request: Request<Bytes>) -> CallOutcome {
        self.upstream.call(request).await.into()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("api", &self.0.api).finish_non_exhaustive()
    }
}
