//! The kinds of call as types, so that an extractor which a kind lacks does not compile.

mod sealed {
    pub trait Sealed {}
}

/// A kind of call: [`Connect`], [`Connected`], [`Message`] or [`Disconnect`]; or [`Any`] of them.
pub trait Kind: sealed::Sealed + Send + Sync + 'static {}

/// A kind of call whose connection is stored, so that [`Connection`](crate::Connection) and
/// [`Publisher`](crate::Publisher) can be extracted.
#[diagnostic::on_unimplemented(
    message = "a `$connect` handler has no connection yet",
    label = "this handler takes what needs a stored connection",
    note = "the connection is stored after the handler accepted it: use `.connected(handler)`"
)]
pub trait Stored: Kind {}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub struct $name;

        impl sealed::Sealed for $name {}
        impl Kind for $name {}
    )*};
}

kinds! {
    /// A client asks to connect.
    Connect,
    /// A client was accepted and its connection is stored; the handshake is not answered yet.
    Connected,
    /// A client sent a message.
    Message,
    /// A connection ended.
    Disconnect,
    /// Any of them: what a layer sees, and what [`Call::extract`](crate::Call::extract) takes from.
    /// What the call at hand does not have, or not yet, fails when it is extracted.
    Any,
}

impl Stored for Connected {}
impl Stored for Message {}
impl Stored for Disconnect {}
impl Stored for Any {}
