//! The queue of invocations that wait for an execution environment. Between gateway and
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
/// Clones are the same function.
#[derive(Clone, Debug)]
pub struct Function(Arc<Queue>);

impl Function {
    /// A function without an environment yet.
    #[must_use]
    pub fn new(settings: FunctionSettings) -> Self {
        Self(Arc::new(Queue::new(settings)))
    }

    /// How many invocations wait and how many environments there are; wakes at each change.
    #[must_use]
    pub fn demand(&self) -> watch::Receiver<Demand> {
        self.0.demand()
    }

    /// A new execution environment: the Runtime API for one process, on a listener of its own.
    #[must_use]
    pub fn environment(&self, listener: TcpListener) -> Environment {
        Environment::new(self.0.clone(), listener, InvocationCallback::default())
    }

    /// The same, and tells which invocation its process has: right before the process gets one, and
    /// with `None` when it is answered, before anybody else knows. So what the process writes between
    /// the two belongs to that invocation. It is told `None` too for an invocation without a name.
    #[must_use]
    pub fn environment_with_callback(
        &self,
        listener: TcpListener,
        told: impl Fn(Option<Id>) + Send + Sync + 'static,
    ) -> Environment {
        Environment::new(self.0.clone(), listener, InvocationCallback(Some(Box::new(told))))
    }

    /// Fails everything that waits, for a supervisor that knows that no environment will come.
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
