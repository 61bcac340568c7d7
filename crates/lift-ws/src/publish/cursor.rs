//! Where a send stopped, as a value that can be stored and given to another process.

use serde::{Deserialize, Serialize};

use crate::{
    ConnectionId,
    store::{Part, Position},
};

/// The version of the serialized form. A change of the form needs a new number.
const VERSION: u8 = 1;

/// Where a send stopped. Pass it to [`Audience::resume`](crate::publish::Audience::resume) of the same audience, also
/// in another process.
///
/// Its serialized form is private and carries a version. A cursor of a version that this program does not
/// know fails to deserialize.
///
/// ```
/// use lift_ws::{GlobalPublisher, PublishError, publish::Cursor};
///
/// /// Starts a send or resumes an earlier one, and returns where the next call resumes.
/// async fn announce(
///     publisher: &GlobalPublisher,
///     cursor: Option<Cursor>,
/// ) -> Result<Option<Cursor>, PublishError> {
///     let tenant = publisher.tenant("lotus");
///     let audience = match cursor {
///         Some(cursor) => tenant.resume(cursor),
///         None => tenant,
///     };
///     Ok(audience.text("we close at ten").await?.cursor)
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CursorJson", into = "CursorJson")]
pub struct Cursor {
    /// The parts that are not finished.
    parts: Vec<PartCursor>,
}

impl Cursor {
    pub(super) fn new(parts: Vec<PartCursor>) -> Self {
        Self { parts }
    }

    pub(super) fn parts(&self) -> &[PartCursor] {
        &self.parts
    }

    pub(super) fn into_parts(self) -> Vec<PartCursor> {
        self.parts
    }
}

/// How far a send got in one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartCursor {
    pub(super) part: Part,
    /// The start of the first page that is not finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<Position>,
    /// The last connection of that page before which every post is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tried: Option<ConnectionId>,
}

impl PartCursor {
    pub(super) fn start_of(part: Part) -> Self {
        Self { part, page: None, tried: None }
    }
}

#[derive(Serialize, Deserialize)]
struct CursorJson {
    v: u8,
    rest: Vec<PartCursor>,
}

impl From<Cursor> for CursorJson {
    fn from(cursor: Cursor) -> Self {
        Self { v: VERSION, rest: cursor.parts }
    }
}

impl TryFrom<CursorJson> for Cursor {
    type Error = String;

    fn try_from(json: CursorJson) -> Result<Self, String> {
        match json.v {
            VERSION => Ok(Self { parts: json.rest }),
            other => Err(format!("a cursor of version {other}; this program knows {VERSION}")),
        }
    }
}
