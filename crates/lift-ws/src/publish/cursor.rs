//! Where a send stopped, as something that can be stored and sent.

use serde::{Deserialize, Serialize};

use crate::{
    ConnectionId,
    store::{Part, Position},
};

/// The version of what is written; a change of its form needs another.
const VERSION: u8 = 1;

/// Where a send stopped: give it to [`Audience::resume`](crate::Audience::resume) of the same audience,
/// also in another process. What is written of it is not yours to read: it has a version, and one that
/// this program does not know fails to parse.
///
/// ```
/// use lift_ws::{Cursor, GlobalPublisher, PublishError};
///
/// /// Sends, or goes on with an earlier send; answers where the next one goes on.
/// async fn news(
///     publisher: &GlobalPublisher,
///     cursor: Option<Cursor>,
/// ) -> Result<Option<Cursor>, PublishError> {
///     let everyone = publisher.tenant("lotus");
///     let audience = match cursor {
///         Some(cursor) => everyone.resume(cursor),
///         None => everyone,
///     };
///     Ok(audience.text("we close at ten").await?.cursor)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Cursor {
    /// The parts that are not through.
    pub(super) rest: Vec<Rest>,
}

/// How far a part got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rest {
    pub(super) part: Part,
    /// Where the page starts that is not sent whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<Position>,
    /// The connection of that page up to which everyone was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tried: Option<ConnectionId>,
}

impl Rest {
    /// The start of what is read from one end to the other.
    pub(super) fn start() -> Self {
        Self::whole(Part::whole(0))
    }

    pub(super) fn whole(part: Part) -> Self {
        Self { part, page: None, tried: None }
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: u8,
    rest: Vec<Rest>,
}

impl From<Cursor> for Written {
    fn from(cursor: Cursor) -> Self {
        Self { v: VERSION, rest: cursor.rest }
    }
}

impl TryFrom<Written> for Cursor {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written.v {
            VERSION => Ok(Self { rest: written.rest }),
            other => Err(format!("a cursor of version {other}; this program knows {VERSION}")),
        }
    }
}
