//! A case: a behavior of API Gateway and a test for it.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use crate::{Api, CaseResult, Finding, TargetApi, Timing};

type Observe = dyn Fn(TargetApi) -> BoxFuture<'static, CaseResult> + Send + Sync;

/// A behavior of API Gateway and a test for it.
#[derive(Clone)]
pub struct Case {
    /// The section of the reference, a dash and a name: `5.2-timeout`.
    pub id: &'static str,
    /// How the behavior is known.
    pub evidence: Evidence,
    /// The behavior, in a sentence.
    pub statement: &'static str,
    /// The API that the case uses.
    pub api: Api,
    wait: Option<fn(&Timing) -> Duration>,
    observe: Arc<Observe>,
}

/// How a statement on API Gateway is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// AWS documents it.
    Documented,
    /// It was seen on AWS and published.
    Observed,
    /// Sources disagree, or there is none. Lift's gateway has a default; another behavior is not a failure.
    Unsure,
}

impl fmt::Display for Evidence {
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
        evidence: Evidence,
        statement: &'static str,
        observe: impl Fn(TargetApi) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = CaseResult> + Send + 'static,
    {
        let observe = move |api| -> BoxFuture<'static, CaseResult> { Box::pin(observe(api)) };
        Self { id, evidence, statement, api: Api::Main, wait: None, observe: Arc::new(observe) }
    }

    /// The case at another API.
    #[must_use]
    pub(crate) fn on_api(mut self, api: Api) -> Self {
        self.api = api;
        self
    }

    /// Sets how long the case has to wait.
    #[must_use]
    pub(crate) fn with_wait(mut self, wait: fn(&Timing) -> Duration) -> Self {
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
    pub fn wait(&self, timing: &Timing) -> Duration {
        self.wait.map_or(Duration::ZERO, |wait| wait(timing))
    }

    /// Runs the case against a target.
    pub(crate) async fn observe(&self, target: &crate::Target) -> CaseResult {
        let wait = self.wait(&target.timing);
        if wait > target.timing.max_wait {
            return Err(Finding::skipped(format!("takes {wait:?}; `--slow` runs it")));
        }
        let result = (self.observe)(target.api(self.api)?);
        let max_wait = wait + target.timing.arrival_timeout * 6;
        let late = || Finding::differs("an end", format!("none within {max_wait:?}"));
        tokio::time::timeout(max_wait, result).await.unwrap_or_else(|_| Err(late()))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("id", &self.id).finish_non_exhaustive()
    }
}
