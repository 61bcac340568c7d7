//! The kinds of call as types, so that a handler with an extractor that its kind lacks does not compile.

mod sealed {
    pub trait Sealed {}
}

/// A kind of call: [`Connect`], [`Connected`], [`Message`] or [`Disconnect`], or [`Any`] of them.
///
/// ```
/// use lift_ws::{Call, Error, extract::FromCall, kind::CallKind};
///
/// /// The last part of the connection's id, which every kind of call has.
/// struct Short(String);
///
/// impl<K: CallKind, S: Sync> FromCall<K, S> for Short {
///     async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
///         Ok(Self(call.connection_id().as_str().chars().rev().take(4).collect()))
///     }
/// }
/// ```
pub trait CallKind: sealed::Sealed + Send + Sync + 'static {}

/// A kind of call whose connection is stored, so that [`Connection`](crate::Connection) and
/// [`Publisher`](crate::Publisher) can be extracted.
///
/// ```
/// use lift_ws::{Call, Connection, Error, extract::FromCall, kind::HasConnection};
///
/// /// The user of a connection that has signed in. Does not compile for `$connect`.
/// struct Member(String);
///
/// impl<K: HasConnection, S: Sync> FromCall<K, S> for Member {
///     async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
///         let who = <Connection as FromCall<K, S>>::from_call(call, state).await?;
///         let user = who.user().ok_or_else(|| Error::new("members_only", "Sign in first"))?;
///         Ok(Self(user.to_string()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a `$connect` handler has no connection yet",
    label = "this handler needs a stored connection",
    note = "the connection is stored after the handler accepted it: use `.on_connected(handler)`"
)]
pub trait HasConnection: CallKind {}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub struct $name;

        impl sealed::Sealed for $name {}
        impl CallKind for $name {}
    )*};
}

kinds! {
    /// A client asks to connect.
    Connect,
    /// A client was accepted and its connection is stored; the handshake is not answered yet.
    Connected,
    /// A client sent a message.
    Message,
    /// A connection has ended.
    Disconnect,
    /// Any of them, as in a layer and in [`Call::extract`](crate::Call::extract). An extractor that the
    /// call does not have fails at run time.
    Any,
}

impl HasConnection for Connected {}
impl HasConnection for Message {}
impl HasConnection for Disconnect {}
impl HasConnection for Any {}
