//! The handshake's headers, on `$connect` only.

use std::fmt;

use crate::{Call, Error, extract::FromCall, kind::Connect};

/// The handshake's headers.
///
/// API Gateway leaves out `Connection` and `Upgrade`, and adds `X-Forwarded-For`,
/// `X-Forwarded-Port`, `X-Forwarded-Proto` and `X-Amzn-Trace-Id`. The values of one name keep their
/// order, the names do not. Scripts in browsers cannot set headers on a WebSocket: browsers send
/// `Origin`, `Cookie` and `Sec-WebSocket-Protocol`.
///
/// # Errors
/// An `internal_error` (500) when a header of the event is not a string.
///
/// ```
/// use lift_ws::{Accept, App, Headers, Refuse};
///
/// async fn connect(headers: Headers) -> Result<Accept, Refuse> {
///     match headers.get("origin") {
///         Some("https://app.example.com") => Ok(Accept::anonymous()),
///         _ => Err(Refuse::forbidden("an origin that is not ours")),
///     }
/// }
/// # let _ = App::new().connect(connect);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// All names and values in one string: two allocations in all instead of two for each header.
    text: String,
    /// The lengths of a name and of its value.
    lengths: Vec<(usize, usize)>,
}

impl Headers {
    /// The last value of a name. Names match in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).last()
    }

    /// All values of a name, in order. Names match in any case. A value may be a list with commas.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All names and values. Names are as the client wrote them; a name with several values comes
    /// several times.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.text.as_str();
        self.lengths.iter().map(move |&(name, value)| {
            let (name, after) = rest.split_at(name);
            let (value, after) = after.split_at(value);
            rest = after;
            (name, value)
        })
    }
}

/// Shows the names only: values may be secrets.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers ")?;
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl<S: Sync> FromCall<Connect, S> for Headers {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let fields = call.event().headers()?;
        let bytes = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        let mut headers = Self {
            text: String::with_capacity(bytes),
            lengths: Vec::with_capacity(fields.iter().count()),
        };
        for (name, value) in fields.iter() {
            headers.text.push_str(name);
            headers.text.push_str(value);
            headers.lengths.push((name.len(), value.len()));
        }
        Ok(headers)
    }
}
