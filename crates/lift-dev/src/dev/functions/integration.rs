//! What a route of the gateway, or a replay, invokes: a function on this machine or elsewhere.

use bytes::Bytes;
use lift_gateway::{Backend, Id, InvokeError, lambda::Function};

use super::remote::RemoteFunction;

/// A function that events go to. Clones are the same function.
#[derive(Clone)]
pub(crate) enum Integration {
    Local(Function),
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
