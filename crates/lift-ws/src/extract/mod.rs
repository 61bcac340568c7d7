//! Extractors: a handler's arguments, each made from the call. One trait, one rule, any order.

mod attributes;
mod connection;
mod json;
mod query;

use crate::{Call, Disconnect, Error, Kind, Message};

pub use attributes::Attributes;
pub use json::Json;
pub use query::Query;

/// Makes an argument of a handler from a call of kind `K` in an app with state `S`.
///
/// A failure becomes the refusal of a `$connect` or the error frame of a message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a `{K}` call",
    label = "not an extractor here",
    note = "`Json` and `Text` need a message, `Query` a `$connect`, `Disconnected` a `$disconnect`",
    note = "`Connection` and `Publisher` need a stored connection: any kind but `Connect`"
)]
pub trait FromCall<K: Kind, S>: Sized + Send {
    /// Makes the argument.
    fn from_call(call: &Call, state: &S) -> impl Future<Output = Result<Self, Error>> + Send;
}

/// The state that the app was given, cloned.
#[derive(Clone, Copy, Debug)]
pub struct State<S>(pub S);

/// A message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disconnected {
    /// The close code, such as 1001; `None` when API Gateway gave none.
    pub code: Option<i32>,
    /// The close reason, possibly empty.
    pub reason: String,
}

impl<K: Kind, S: Clone + Send + Sync> FromCall<K, S> for State<S> {
    async fn from_call(_: &Call, state: &S) -> Result<Self, Error> {
        Ok(Self(state.clone()))
    }
}

impl<K: Kind, S: Sync> FromCall<K, S> for Call {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(call.clone())
    }
}

impl<K: Kind, S: Sync> FromCall<K, S> for lift_event::Event {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(call.event().clone())
    }
}

impl<S: Sync> FromCall<Message, S> for Text {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let text = call.event().text();
        text.map(|text| Self(text.to_owned()))
            .ok_or_else(|| Error::invalid_payload("the message is not UTF-8 text"))
    }
}

impl<S: Sync> FromCall<Disconnect, S> for Disconnected {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let event = call.event();
        let reason = event.disconnect_reason().unwrap_or_default().to_owned();
        Ok(Self { code: event.disconnect_code(), reason })
    }
}

/// A handler that wants to decide itself what a failed extraction means.
impl<K: Kind, S: Sync, T: FromCall<K, S>> FromCall<K, S> for Result<T, Error> {
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        Ok(T::from_call(call, state).await)
    }
}

macro_rules! tuples {
    ($($name:ident),*) => {
        impl<K: Kind, S: Sync, $($name: FromCall<K, S>),*> FromCall<K, S> for ($($name,)*) {
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
