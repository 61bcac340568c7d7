//! What only one kind of call has, taken from a call of any kind: by layers, and by extractors that
//! are made of others. The compiler cannot tell there, so the call is asked.

use lift_event::EventKind;
use serde::de::DeserializeOwned;

use super::{Bytes, Disconnected, Headers, Json, Query, Subprotocols, Text};
use crate::{
    Call, Error,
    extract::FromCall,
    kind::{Any, Connect, Disconnect, Message},
};

impl Call {
    /// Makes what a handler would take as an argument: for layers, and for extractors that are made
    /// of others.
    ///
    /// The state of an app is not there: a layer is given what it needs by
    /// [`from_fn_with`](crate::layer::from_fn_with), an extractor has it as an argument.
    ///
    /// ```
    /// use lift_ws::{App, Call, Error, Json, extract::FromCall, kind::CallKind};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Numbered { number: u64 }
    ///
    /// /// The number of a message, whatever else is in it.
    /// struct Number(u64);
    ///
    /// impl<K: CallKind, S: Sync> FromCall<K, S> for Number {
    ///     async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
    ///         let Json(Numbered { number }) = call.extract().await?;
    ///         Ok(Self(number))
    ///     }
    /// }
    /// # let _ = App::new().route("next", async |Number(number): Number| (number + 1).to_string());
    /// ```
    ///
    /// # Errors
    /// The extractor's. What this kind of call never has, such as a message's body at `$connect`, is
    /// an `internal_error`: the program asks for it in the wrong place.
    pub async fn extract<T: FromCall<Any, ()>>(&self) -> Result<T, Error> {
        T::from_call(self, &()).await
    }
}

macro_rules! only {
    ($kind:ident: $($type:ty $(where $t:ident: $bound:path)?,)*) => {$(
        // No news to who asked in the wrong handler.
        #[diagnostic::do_not_recommend]
        impl<$($t: $bound + Send,)? S: Sync> FromCall<Any, S> for $type {
            async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
                match call.event().kind() {
                    EventKind::$kind => <Self as FromCall<$kind, S>>::from_call(call, state).await,
                    _ => Err(misplaced(call, stringify!($type))),
                }
            }
        }
    )*};
}

only! { Connect: Query<T> where T: DeserializeOwned, Headers, Subprotocols, }
only! { Message: Json<T> where T: DeserializeOwned, Text, Bytes, }
only! { Disconnect: Disconnected, }

#[cfg(feature = "valid")]
#[diagnostic::do_not_recommend]
impl<T, S> FromCall<Any, S> for super::Valid<T>
where
    T: DeserializeOwned + garde::Validate<Context: Default> + Send,
    S: Sync,
{
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        match call.event().kind() {
            EventKind::Message => <Self as FromCall<Message, S>>::from_call(call, state).await,
            _ => Err(misplaced(call, "Valid<T>")),
        }
    }
}

fn misplaced(call: &Call, what: &str) -> Error {
    let route_key = call.event().route_key();
    Error::internal(format!("`{what}` was asked for at `{route_key}`, which does not have it"))
}
