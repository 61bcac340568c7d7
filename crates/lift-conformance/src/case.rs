//! A case: a behavior of API Gateway and a test for it.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use crate::{Api, Finding, Observed, Site, Waits};

type Observe = dyn Fn(Site) -> BoxFuture<'static, Observed> + Send + Sync;

/// A behavior of API Gateway and a test for it.
#[derive(Clone)]
pub struct Case {
    /// The section of the reference, a dash and a name: `5.2-timeout`.
    pub id: &'static str,
    /// How the behavior is known.
    pub mark: Mark,
    /// The behavior, in a sentence.
    pub statement: &'static str,
    /// The API that the case uses.
    pub api: Api,
    wait: Option<fn(&Waits) -> Duration>,
    observe: Arc<Observe>,
}

/// How a statement on API Gateway is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// AWS documents it.
    Documented,
    /// It was seen on AWS and published.
    Observed,
    /// Sources disagree, or there is none. Lift's gateway has a default; another behavior is not a failure.
    Unsure,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Unsure => "unsure",
        })
    }
}

impl Case {
    /// A case at [`Api::Main`].
    pub(crate) fn new<F>(
        id: &'static str,
        mark: Mark,
        statement: &'static str,
        observe: impl Fn(Site) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Observed> + Send + 'static,
    {
        let observe = move |site| -> BoxFuture<'static, Observed> { Box::pin(observe(site)) };
        Self { id, mark, statement, api: Api::Main, wait: None, observe: Arc::new(observe) }
    }

    /// The case at another API.
    #[must_use]
    pub(crate) fn at(mut self, api: Api) -> Self {
        self.api = api;
        self
    }

    /// Sets how long the case has to wait.
    #[must_use]
    pub(crate) fn waits(mut self, wait: fn(&Waits) -> Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// The section of the reference.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.id.split('-').next().unwrap_or_default()
    }

    /// How long the case has to wait at a target with these times.
    #[must_use]
    pub fn wait(&self, waits: &Waits) -> Duration {
        self.wait.map_or(Duration::ZERO, |wait| wait(waits))
    }

    /// Runs the case against a target.
    pub(crate) async fn observe(&self, target: &crate::Target) -> Observed {
        let wait = self.wait(&target.waits);
        if wait > target.waits.longest {
            return Err(Finding::skipped(format!("takes {wait:?}; `--slow` runs it")));
        }
        let observed = (self.observe)(target.site(self.api)?);
        let most = wait + target.waits.patience * 6;
        let late = || Finding::differs("an end", format!("none within {most:?}"));
        tokio::time::timeout(most, observed).await.unwrap_or_else(|_| Err(late()))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("id", &self.id).finish_non_exhaustive()
    }
}
