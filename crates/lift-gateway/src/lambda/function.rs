//! The Lambda function as the gateway's backend. Invocations go through its queue to an
//! [`Environment`].

use std::sync::Arc;

use bytes::Bytes;
use tokio::{net::TcpListener, sync::watch};

use super::{
    environment::Environment,
    process::InvocationCallback,
    queue::{Demand, FunctionSettings, Queue},
};
use crate::{Backend, Id, InvokeError};

/// A Lambda function: queues each invocation until an execution environment takes it.
///
/// Clones refer to the same function.
#[derive(Clone, Debug)]
pub struct Function(Arc<Queue>);

impl Function {
    /// A function without an environment yet.
    #[must_use]
    pub fn new(settings: FunctionSettings) -> Self {
        Self(Arc::new(Queue::new(settings)))
    }

    /// The current demand. The receiver wakes at each change.
    #[must_use]
    pub fn demand(&self) -> watch::Receiver<Demand> {
        self.0.demand()
    }

    /// A new execution environment: the Runtime API for one process, on a listener of its own.
    #[must_use]
    pub fn environment(&self, listener: TcpListener) -> Environment {
        Environment::new(self.0.clone(), listener, InvocationCallback::default())
    }

    /// A new execution environment that calls `callback` with the id of an invocation before its process
    /// gets it, and with `None` after the process replied,
    /// before the gateway gets the reply. So the process's output
    /// between the two calls belongs to that invocation. An invocation without an id gives `None`, too.
    #[must_use]
    pub fn environment_with_callback(
        &self,
        listener: TcpListener,
        callback: impl Fn(Option<Id>) + Send + Sync + 'static,
    ) -> Environment {
        Environment::new(self.0.clone(), listener, InvocationCallback(Some(Box::new(callback))))
    }

    /// Fails all waiting invocations, for a supervisor that cannot start an environment.
    pub fn fail_waiting(&self, error: &InvokeError) {
        self.0.fail_waiting(error);
    }
}

impl Backend for Function {
    async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        self.0.run(None, payload).await
    }

    async fn invoke_as(&self, invocation: Id, payload: Bytes) -> Result<Bytes, InvokeError> {
        self.0.run(Some(invocation), payload).await
    }
}
