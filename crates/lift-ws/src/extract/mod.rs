//! Extractors: the arguments of a handler, each made from the call, in any order.
//!
//! | extractor | in | what it is |
//! |---|---|---|
//! | [`Query`], [`Headers`] | `$connect` | the handshake's query and headers |
//! | [`Subprotocols`] | `$connect` | the subprotocols that the client offers |
//! | [`Json`], `Valid`, [`Text`], [`Bytes`] | messages | the body; `Valid` needs the feature `valid` |
//! | [`Disconnected`] | `$disconnect` | the close code and reason |
//! | [`Connection`], [`Publisher`] | all but `$connect` | the stored connection; sending to others |
//! | [`UserId`], [`TenantId`] | all but `$connect` | the connection's user and tenant; an error without one |
//! | [`Attributes`], [`StoredConnection`] | all but `$connect` | the attributes; changes of the stored connection |
//! | [`ConnectionId`] | all | the connection's id |
//! | [`Authorizer`], [`ClientInfo`] | all | the authorizer's context; the client's address and user agent |
//! | [`RequestInfo`], [`Stage`], [`StageVariables`] | all | ids, times, the stage |
//! | [`State`], [`Deadline`], [`Event`], [`Call`] | all | the app's state, the time left, the event |
//! | `Result<T, Error>` | as `T` | `T` or its error, for a handler that wants to handle it |
//! | a tuple of up to eight | as all of them | all of them |
//!
//! Layers, and extractors that use others, run them with [`Call::extract`].
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

/// The longest error text for clients, in characters: it may quote what the client sent.
const MAX_ERROR_CHARS: usize = 200;

/// Makes an argument of a handler from a call of kind `K` in an app with state `S`.
///
/// An error refuses a `$connect`, and becomes the error frame of a message. A handler that wants to
/// handle the error takes a `Result<T, Error>`. Arguments are made in order; the first error ends the
/// call.
///
/// An extractor of your own is an `async fn`. It can use other extractors and the whole [`Call`]:
///
/// ```
/// use lift_ws::{App, Call, Connection, Error, extract::FromCall, kind::Message};
///
/// /// The name of a user who has signed in.
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
    note = "did you mean `Json(say): Json<Say>`? only a message has a body: `Json`, `Valid`, `Text`, `Bytes`",
    note = "only `$connect` has `Query`, `Headers` and `Subprotocols`, only `$disconnect` has `Disconnected`",
    note = "`Connection`, `Publisher` and `Attributes` are there once `$connect` has accepted",
    note = "`State<T>` is there in an app made by `App::with_state` with a `T`",
    note = "`lift_ws::extract` lists all extractors; a type of your own implements `FromCall`"
)]
pub trait FromCall<K: CallKind, S>: Sized + Send {
    /// Makes the argument.
    ///
    /// # Errors
    /// When the call does not have the value, or it does not fit the type.
    fn from_call(call: &Call, state: &S) -> impl Future<Output = Result<Self, Error>> + Send;
}

/// The error of an extractor as a value: it does not end the call.
impl<K: CallKind, S: Sync, T: FromCall<K, S>> FromCall<K, S> for Result<T, Error> {
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        Ok(T::from_call(call, state).await)
    }
}

/// Cuts the text of an error for clients.
fn truncate(error: &str) -> String {
    error.chars().take(MAX_ERROR_CHARS).collect()
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

/// Calls a macro with each list of up to eight type names.
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
