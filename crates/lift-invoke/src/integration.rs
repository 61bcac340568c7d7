//! A function that events go to, on this machine or elsewhere. Routes of the gateway, the invoker and a replay hold it.

use bytes::Bytes;
use lift_gateway::{Backend, Id, InvokeError, lambda::Function};

use crate::RemoteFunction;

/// A function that events go to. Clones are the same function.
#[derive(Clone, Debug)]
pub enum Integration {
    /// A function whose processes use a Runtime API on this machine.
    Local(Function),
    /// A function that a server runs.
    Remote(RemoteFunction),
}

impl Backend for Integration {
    async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        match self {
            Self::Local(function) => function.invoke(payload).await,
            Self::Remote(function) => function.invoke(payload).await,
        }
    }

    async fn invoke_as(&self, invocation: Id, payload: Bytes) -> Result<Bytes, InvokeError> {
        match self {
            Self::Local(function) => function.invoke_as(invocation, payload).await,
            Self::Remote(function) => function.invoke(payload).await,
        }
    }
}
