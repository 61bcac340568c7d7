//! Extractors: a handler's arguments, each made from the call. One trait, one rule, any order.
//!
//! | extractor | in | what it is |
//! |---|---|---|
//! | [`Query`], [`Headers`] | `$connect` | the handshake's query and headers |
//! | [`Subprotocols`] | `$connect` | the subprotocols that the client offers |
//! | [`Json`], `Valid`, [`Text`], [`Bytes`] | messages | the body; `Valid` needs the feature `valid` |
//! | [`Disconnected`] | `$disconnect` | the close code and reason |
//! | [`Connection`], [`Publisher`] | all but `$connect` | who is connected, and sending to others |
//! | [`UserId`], [`TenantId`] | all but `$connect` | who it is, or an error when it is nobody |
//! | [`Attributes`], [`StoredConnection`] | all but `$connect` | what may change of it, and changing it |
//! | [`ConnectionId`] | all | the connection's id |
//! | [`Authorizer`], [`ClientInfo`] | all | what an authorizer and API Gateway say of the client |
//! | [`RequestInfo`], [`Stage`], [`StageVariables`] | all | ids, times, the stage |
//! | [`State`], [`Deadline`], [`Event`], [`Call`] | all | the app's state, the time left, the event as it is |
//! | `Result<T, Error>` | as `T` | `T`, or why it failed, for a handler that decides itself |
//! | a tuple of up to eight | as all of them | several in one |
//!
//! Layers, and extractors that are made of others, take them by [`Call::extract`].
//!
//! [`Connection`]: crate::Connection
//! [`Publisher`]: crate::Publisher
//! [`UserId`]: crate::UserId
//! [`TenantId`]: crate::TenantId
//! [`ConnectionId`]: crate::ConnectionId
//! [`Event`]: lift_event::Event

mod any;
mod attributes;
pub(crate) mod authorizer;
mod body;
mod connection;
mod deadline;
mod disconnected;
mod headers;
mod json;
mod pairs;
mod query;
mod request;
mod stage;
mod state;
mod stored;
mod subprotocols;
#[cfg(feature = "valid")]
mod valid;

use crate::{Call, Error, kind::CallKind};

pub use attributes::Attributes;
pub use authorizer::Authorizer;
pub use body::Text;
pub use bytes::Bytes;
pub use deadline::Deadline;
pub use disconnected::Disconnected;
pub use headers::Headers;
pub use json::Json;
pub use query::Query;
pub use request::{ClientInfo, RequestInfo};
pub use stage::{Stage, StageVariables};
pub use state::State;
pub use stored::StoredConnection;
pub use subprotocols::Subprotocols;
#[cfg(feature = "valid")]
pub use valid::Valid;

/// The most characters of a fault that a client is told: it may quote what the client sent.
const MAX_FAULT: usize = 200;

/// Makes an argument of a handler from a call of kind `K` in an app with state `S`.
///
/// A failure becomes the refusal of a `$connect` or the error frame of a message. A handler that
/// wants to decide itself takes a `Result<T, Error>`. Arguments are made in order, and the first
/// failure ends it.
///
/// An extractor of one's own is an `async fn`; it can use others, and look at the whole [`Call`]:
///
/// ```
/// use lift_ws::{App, Call, Connection, Error, extract::FromCall, kind::Message};
///
/// /// A user that is signed in.
/// struct User(String);
///
/// impl<S: Sync> FromCall<Message, S> for User {
///     async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
///         let connection = call.connection().await?;
///         let user = connection.user().ok_or_else(|| Error::new("sign_in", "Sign in first"))?;
///         Ok(Self(user.to_string()))
///     }
/// }
///
/// async fn me(User(name): User) -> String {
///     name
/// }
/// # let _ = App::new().route("me", me);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a `{K}` call",
    label = "this handler takes `{Self}`, which is not an extractor here",
    note = "only a message has a body: `Json`, `Valid`, `Text`, `Bytes`",
    note = "only `$connect` has `Query`, `Headers` and `Subprotocols`, only `$disconnect` has `Disconnected`",
    note = "`Connection`, `Publisher` and `Attributes` are there once `$connect` has accepted",
    note = "`State<T>` is there in an app made by `App::with_state` with a `T`",
    note = "`lift_ws::extract` lists all extractors; a type of your own implements `FromCall`"
)]
pub trait FromCall<K: CallKind, S>: Sized + Send {
    /// Makes the argument.
    ///
    /// # Errors
    /// When the call does not have it, or has it in a form that does not fit.
    fn from_call(call: &Call, state: &S) -> impl Future<Output = Result<Self, Error>> + Send;
}

/// A handler that wants to decide itself what a failed extraction means.
impl<K: CallKind, S: Sync, T: FromCall<K, S>> FromCall<K, S> for Result<T, Error> {
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        Ok(T::from_call(call, state).await)
    }
}

/// A fault as a client is told of it.
fn told(fault: &str) -> String {
    fault.chars().take(MAX_FAULT).collect()
}

macro_rules! tuples {
    ($($name:ident),*) => {
        impl<K: CallKind, S: Sync, $($name: FromCall<K, S>),*> FromCall<K, S> for ($($name,)*) {
            #[allow(unused_variables)]
            async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
                Ok(($($name::from_call(call, state).await?,)*))
            }
        }
    };
}

/// Calls a macro with each list of up to eight names.
macro_rules! for_each_tuple {
    ($macro:ident) => {
        $macro!();
        $macro!(T1);
        $macro!(T1, T2);
        $macro!(T1, T2, T3);
        $macro!(T1, T2, T3, T4);
        $macro!(T1, T2, T3, T4, T5);
        $macro!(T1, T2, T3, T4, T5, T6);
        $macro!(T1, T2, T3, T4, T5, T6, T7);
        $macro!(T1, T2, T3, T4, T5, T6, T7, T8);
    };
}

pub(crate) use for_each_tuple;

for_each_tuple!(tuples);
