//! From the output of a message handler to a [`Reply`] or an [`Error`].

use lift_event::Reply;
use serde::Serialize;

use crate::{Error, IntoError, Json};

/// What a message handler may return.
///
/// On a two-way route the body is the route response; on a one-way route Lift posts it to the sender.
/// `()` sends nothing. In a `Result`, the error is [`Error`] or implements [`IntoError`].
///
/// A type of your own as a reply:
///
/// ```
/// use lift_ws::{App, Error, IntoReply, Reply};
///
/// enum Answer { Yes, No }
///
/// impl IntoReply for Answer {
///     fn into_reply(self) -> Result<Reply, Error> {
///         match self {
///             Self::Yes => "yes".into_reply(),
///             Self::No => "no".into_reply(),
///         }
///     }
/// }
/// # let _ = App::new().route("no", async || Answer::No).route("yes", async || Answer::Yes);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply",
    label = "cannot be sent to a client",
    note = "return `()`, `String`, `Json<T>` where `T: Serialize`, or a `Result` of one of them"
)]
pub trait IntoReply {
    /// Converts the output.
    ///
    /// # Errors
    /// The handler's error, or one of writing the body.
    fn into_reply(self) -> Result<Reply, Error>;
}

impl IntoReply for () {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::new(200))
    }
}

impl IntoReply for Reply {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(self)
    }
}

impl IntoReply for String {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::new(200).with_body(self))
    }
}

impl IntoReply for &'static str {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::new(200).with_body(self))
    }
}

impl<T: Serialize> IntoReply for Json<T> {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::new(200).with_body(serde_json::to_vec(&self.0)?))
    }
}

impl IntoReply for Error {
    fn into_reply(self) -> Result<Reply, Error> {
        Err(self)
    }
}

impl<T: IntoReply, E: IntoError> IntoReply for Result<T, E> {
    fn into_reply(self) -> Result<Reply, Error> {
        self.map_err(IntoError::into_error)?.into_reply()
    }
}
