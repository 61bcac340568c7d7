//! [`Call::extract`]: extractors on a call of any kind, for layers and for extractors that use others.
//! The compiler does not know the kind of the call there, so a wrong extractor fails at run time.

use lift_event::EventKind;
use serde::de::DeserializeOwned;

use super::{Bytes, Disconnected, Headers, Json, Query, Subprotocols, Text};
use crate::{
    Call, Error,
    extract::FromCall,
    kind::{Any, Connect, Disconnect, Message},
};

impl Call {
    /// Runs an extractor: for layers, and for extractors that use others.
    ///
    /// `State` cannot be extracted here. A layer gets values by
    /// [`from_fn_with`](crate::layer::from_fn_with), an extractor has the state as an argument.
    ///
    /// ```
    /// use lift_ws::{App, Call, Error, Json, extract::FromCall, kind::CallKind};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Numbered { number: u64 }
    ///
    /// /// The field `number` of any message.
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
    /// The extractor's error. An `internal_error` when this kind of call never has the value, such as a
    /// message's body at `$connect`.
    pub async fn extract<T: FromCall<Any, ()>>(&self) -> Result<T, Error> {
        T::from_call(self, &()).await
    }
}

macro_rules! only {
    ($kind:ident: $($type:ty $(where $t:ident: $bound:path)?,)*) => {$(
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
    Error::internal(format!(
        "a layer or an extractor asked for `{what}` at `{route_key}`, which has none"
    ))
}
