//! Events that belong to no connection: those of a queue, a schedule, a stream, or a direct invocation.
//! [`App::other_events`](crate::App::other_events) sets their handler.
//!
//! | argument | is |
//! |---|---|
//! | `serde_json::Value` | the event |
//! | [`Json<T>`](crate::Json) | the event, parsed into `T` |
//! | [`State<S>`](crate::State) | the app's state |
//! | [`GlobalPublisher`] | sends to connections, until half a second before the deadline |
//! | [`Deadline`] | when Lambda ends the invocation |
//!
//! The handler returns `()`, a `serde_json::Value`, or a [`Json<T>`](crate::Json): the result of the
//! invocation. Or a `Result` of one of them, with an error of any kind: the invocation fails then.

use std::{error, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    Error, GlobalPublisher, Json, State, app::StateCell, call::Services, extract::Deadline,
    handler::Handler,
};

/// An event that belongs to no connection, on its way to its handler.
#[derive(Debug)]
pub struct OtherEvent {
    payload: Bytes,
    deadline: Instant,
    publisher: Option<GlobalPublisher>,
}

/// Makes an argument of a handler from an [`OtherEvent`] in an app with state `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from an event that belongs to no connection",
    label = "this handler takes `{Self}`, which is not an argument here",
    note = "it takes `serde_json::Value`, `Json<T>`, `State<S>`, `GlobalPublisher` and `Deadline`, in any order",
    note = "`State<T>` is there in an app whose state is a `T`"
)]
pub trait FromOtherEvent<S>: Sized + Send {
    /// Makes the argument.
    ///
    /// # Errors
    /// When the event does not fit the type.
    fn from_other_event(event: &OtherEvent, state: &S) -> Result<Self, Error>;
}

/// What the handler of other events may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the result of an invocation",
    label = "cannot be returned to the caller of the function",
    note = "return `()`, `serde_json::Value`, `Json<T>` where `T: Serialize`, or a `Result` of one of them"
)]
pub trait IntoResult {
    /// Converts the output.
    ///
    /// # Errors
    /// The handler's error, or one of writing the result.
    fn into_result(self) -> Result<Value, Error>;
}

pub(crate) type OtherHandler = Arc<
    dyn Fn(OtherEvent) -> BoxFuture<'static, Result<Value, Box<dyn error::Error + Send + Sync>>>
        + Send
        + Sync,
>;

/// Makes a handler erased, as `handler::erase` does for events of connections.
pub(crate) fn erase<S, H, A>(handler: H, state: StateCell<S>) -> OtherHandler
where
    S: Send + Sync + 'static,
    A: FromOtherEvent<S> + 'static,
    H: Handler<A, Args = A>,
    H::Output: IntoResult + 'static,
    H::Future: Send,
{
    let shared = Arc::new((handler, state));
    Arc::new(move |event| {
        let shared = shared.clone();
        Box::pin(async move {
            let (handler, state) = &*shared;
            let run = async {
                let args = A::from_other_event(&event, state.get()?)?;
                handler.run(args).await.into_result()
            };
            run.await.map_err(Error::into_root)
        })
    })
}

impl OtherEvent {
    /// An event; with a publisher if the app keeps connections.
    pub(crate) fn new(payload: Bytes, deadline: Instant, services: Option<Arc<Services>>) -> Self {
        let publisher = services.map(|it| GlobalPublisher::of_services(it, deadline));
        Self { payload, deadline, publisher }
    }

    /// The event as JSON.
    #[must_use]
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }
}

impl<S> FromOtherEvent<S> for Value {
    fn from_other_event(event: &OtherEvent, _: &S) -> Result<Self, Error> {
        Ok(serde_json::from_slice(&event.payload)?)
    }
}

impl<S, T: DeserializeOwned + Send> FromOtherEvent<S> for Json<T> {
    fn from_other_event(event: &OtherEvent, _: &S) -> Result<Self, Error> {
        let mut json = serde_json::Deserializer::from_slice(&event.payload);
        serde_path_to_error::deserialize(&mut json).map(Self).map_err(|error| {
            Error::internal(format!("the event does not fit the handler's type: {error}"))
        })
    }
}

impl<S: Clone + Send> FromOtherEvent<S> for State<S> {
    fn from_other_event(_: &OtherEvent, state: &S) -> Result<Self, Error> {
        Ok(Self(state.clone()))
    }
}

impl<S> FromOtherEvent<S> for GlobalPublisher {
    fn from_other_event(event: &OtherEvent, _: &S) -> Result<Self, Error> {
        let publisher = event.publisher.clone();
        publisher
            .ok_or_else(|| Error::internal("an `.unmanaged()` app has no connections to send to"))
    }
}

impl<S> FromOtherEvent<S> for Deadline {
    fn from_other_event(event: &OtherEvent, _: &S) -> Result<Self, Error> {
        Ok(Self::new(event.deadline))
    }
}

macro_rules! tuples {
    ($($name:ident),*) => {
        impl<S, $($name: FromOtherEvent<S>),*> FromOtherEvent<S> for ($($name,)*) {
            #[allow(unused_variables)]
            fn from_other_event(event: &OtherEvent, state: &S) -> Result<Self, Error> {
                Ok(($($name::from_other_event(event, state)?,)*))
            }
        }
    };
}

crate::extract::for_each_tuple!(tuples);

impl IntoResult for () {
    fn into_result(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }
}

impl IntoResult for Value {
    fn into_result(self) -> Result<Value, Error> {
        Ok(self)
    }
}

impl<T: Serialize> IntoResult for Json<T> {
    fn into_result(self) -> Result<Value, Error> {
        Ok(serde_json::to_value(self.0)?)
    }
}

impl<T: IntoResult, E: Into<Error>> IntoResult for Result<T, E> {
    fn into_result(self) -> Result<Value, Error> {
        self.map_err(Into::into)?.into_result()
    }
}
