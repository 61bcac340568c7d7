//! The subprotocols that a client offers, on `$connect` only.

use lift_event::{Event, wire::list_items};

use crate::{Call, Error, extract::FromCall, kind::Connect};

/// The subprotocols that a client offered in `Sec-WebSocket-Protocol`, in its order: the preferred
/// one first. Empty when it offered none.
///
/// Choose one with [`Accept::subprotocol`](crate::Accept::subprotocol). If the choice is always the
/// same, use [`App::subprotocols`](crate::App::subprotocols) instead.
///
/// # Errors
/// An `internal_error` (500) when a header of the event is not a string.
///
/// ```
/// use lift_ws::{Accept, App, Refuse, extract::Subprotocols};
///
/// async fn connect(offers: Subprotocols) -> Result<Accept, Refuse> {
///     match offers.first_of(&["chat.v2", "chat.v1"]) {
///         Some(chosen) => Ok(Accept::anonymous().subprotocol(chosen)),
///         None => Err(Refuse::bad_request("offer chat.v2")),
///     }
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subprotocols(Vec<Box<str>>);

impl Subprotocols {
    /// The first of `names` that the client offered.
    #[must_use]
    pub fn first_of<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.contains(name))
    }

    /// Whether the client offered a name. Names are case-sensitive.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|offer| offer == name)
    }

    /// The names, in the client's order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|offer| &**offer)
    }

    /// Whether the client offered none. A browser that offered some closes the connection if the
    /// server chooses none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The subprotocols in a handshake's headers.
    pub(crate) fn of(event: &Event) -> Result<Self, Error> {
        let headers = event.headers()?;
        let offers = list_items(headers.get_all("Sec-WebSocket-Protocol"));
        Ok(Self(offers.map(Box::from).collect()))
    }
}

impl<S: Sync> FromCall<Connect, S> for Subprotocols {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Self::of(call.event())
    }
}
