//! Invokes a function by its name, and notifies the observer before and after.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use lift_event::limits::{FUNCTION_MEMORY_MB, FUNCTION_TIMEOUT};
use lift_gateway::{Backend as _, Id, InvokeError, Outcome, OutcomeError};
use tokio::time::Instant;

use crate::{ACCOUNT, Integration, InvocationEventKind, Observer, Source, sqs};

/// The functions of an app, by name. Clones share them.
#[derive(Clone, Debug)]
pub struct Invoker(Arc<Functions>);

#[derive(Debug)]
struct Functions {
    all: Vec<NamedFunction>,
    region: String,
    observer: Observer,
}

/// A function with its names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NamedFunction {
    /// Its name on AWS, which it reads as `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// The user's name for it, if that is another one: its logical id in a template.
    pub id: Option<String>,
    /// The longest time for one event.
    pub timeout: Duration,
    /// Its memory in MB.
    pub memory_mb: u32,
    /// What runs it.
    pub integration: Integration,
}

impl NamedFunction {
    /// A function with Lambda's default settings.
    #[must_use]
    pub fn new(name: impl Into<String>, integration: Integration) -> Self {
        Self {
            name: name.into(),
            id: None,
            timeout: FUNCTION_TIMEOUT,
            memory_mb: FUNCTION_MEMORY_MB,
            integration,
        }
    }

    /// The name that the user knows.
    #[must_use]
    pub fn user_name(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }
}

/// No function has this name. The message names those that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFunction {
    name: String,
    known: Vec<String>,
}

impl fmt::Display for UnknownFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, known } = self;
        write!(f, "there is no function `{name}`, only {}", known.join(", "))
    }
}

impl std::error::Error for UnknownFunction {}

impl Invoker {
    /// Functions of an app in a Region.
    #[must_use]
    pub fn new(
        functions: Vec<NamedFunction>,
        region: impl Into<String>,
        observer: Observer,
    ) -> Self {
        Self(Arc::new(Functions { all: functions, region: region.into(), observer }))
    }

    /// The functions.
    #[must_use]
    pub fn functions(&self) -> &[NamedFunction] {
        &self.0.all
    }

    /// The Region in ARNs.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The ARN of a function.
    #[must_use]
    pub fn arn(&self, function: &NamedFunction) -> String {
        format!("arn:aws:lambda:{}:{ACCOUNT}:function:{}", self.0.region, function.name)
    }

    /// Finds a function by a name that Lambda takes: its name, its ARN or `ACCOUNT:function:NAME`, each perhaps with
    /// a version or an alias; or by the user's name for it.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn find(&self, name: &str) -> Result<&NamedFunction, UnknownFunction> {
        let after_account = name.rsplit_once(":function:").map_or(name, |(_, rest)| rest);
        let bare = after_account.split(':').next().unwrap_or_default();
        let has_name = |one: &&NamedFunction| one.name == bare || one.id.as_deref() == Some(bare);
        self.0.all.iter().find(has_name).ok_or_else(|| UnknownFunction {
            name: name.to_owned(),
            known: self.0.all.iter().map(|one| one.user_name().to_owned()).collect(),
        })
    }

    /// Invokes a function, and waits for its outcome. The function runs on if this future is dropped, as on Lambda.
    pub async fn invoke(
        &self,
        function: &NamedFunction,
        source: Source,
        payload: Bytes,
    ) -> Outcome {
        let running = tokio::spawn(self.clone().run(function.clone(), source, payload));
        // The task neither panics nor is aborted while the runtime runs.
        running.await.unwrap_or_else(|_| Outcome::of(Err(InvokeError::exited())))
    }

    /// Invokes a function, and does not wait for its result.
    pub fn invoke_later(&self, function: &NamedFunction, source: Source, payload: Bytes) {
        tokio::spawn(self.clone().run(function.clone(), source, payload));
    }

    async fn run(self, function: NamedFunction, source: Source, payload: Bytes) -> Outcome {
        let (invocation, observer) = (Id::random(), &self.0.observer);
        let (name, integration) = (function.user_name().to_owned(), &function.integration);
        let (started, is_batch) = (Instant::now(), source == Source::Sqs);
        let event = payload.clone();
        let invoked = InvocationEventKind::Invoked { function: name, source, payload };
        observer.notify(invocation, invoked);
        let outcome = Outcome::of(integration.invoke_as(invocation, event.clone()).await);
        let (took, error) = (started.elapsed(), outcome.error());
        let result = &outcome.result;
        let of_batch = || failed_messages(&event, result.as_ref().ok().filter(|_| is_batch)?);
        let error = error.or_else(of_batch);
        let seen = result.clone();
        observer.notify(invocation, InvocationEventKind::Answered { took, result: seen, error });
        outcome
    }
}

/// The error that a batch result means, if it names messages that failed.
fn failed_messages(event: &[u8], result: &[u8]) -> Option<OutcomeError> {
    let failed = sqs::failed_messages(event, result);
    (!failed.is_empty()).then(|| OutcomeError {
        code: sqs::FAILED_MESSAGES.to_owned(),
        message: format!("{} of the messages failed", failed.len()),
        is_internal: true,
    })
}
