//! Who is meant, as pages of recipients: a list of the store, some ids, or any [`Source`].

use std::{fmt, sync::Arc};

use futures_util::{
    TryFutureExt,
    future::{BoxFuture, FutureExt, ready},
};
use serde::{Deserialize, Serialize};

use super::error::Kind;
use crate::{
    ConnectionId, Endpoint, TenantId,
    store::{Member, Members, Page, Part, Position, Store, StoreError},
};

/// How many ids of a list of one's own are taken for a page.
const IDS: usize = 1000;

/// A connection to send to.
///
/// ```
/// use lift_ws::{ConnectionId, Recipient};
///
/// let known: Recipient = ConnectionId::from("L0SM9cOFvHcCIhw=").into();
/// assert!(known.endpoint.is_none(), "it is read from the connection's row");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recipient {
    /// The connection.
    pub id: ConnectionId,
    /// Where it is posted to; `None` for where its row says, which costs a read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

impl From<Member> for Recipient {
    fn from(member: Member) -> Self {
        Self { id: member.id, endpoint: Some(member.endpoint) }
    }
}

impl<T: Into<ConnectionId>> From<T> for Recipient {
    fn from(id: T) -> Self {
        Self { id: id.into(), endpoint: None }
    }
}

/// Some recipients of a [`Source`], and where to go on.
#[derive(Clone, Debug, Default)]
pub struct SourcePage {
    /// The recipients; possibly none although more pages follow.
    pub recipients: Vec<Recipient>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Position>,
}

impl From<Page> for SourcePage {
    fn from(page: Page) -> Self {
        let recipients = page.members.into_iter().map(Recipient::from).collect();
        Self { recipients, next: page.next }
    }
}

/// Connections from anywhere, page by page: what a layer of one's own knows of rooms or topics.
///
/// A page is forgotten once it is sent, and may be asked for again: by a retry, or by a send that goes
/// on from a [`Cursor`](crate::Cursor).
///
/// ```
/// use futures_util::future::{BoxFuture, FutureExt, ready};
/// use lift_ws::{Source, SourcePage, store::{Position, StoreError}};
///
/// struct Watchers { pages: Vec<Vec<&'static str>> }
///
/// impl Source for Watchers {
///     fn page<'a>(
///         &'a self,
///         after: Option<&'a Position>,
///     ) -> BoxFuture<'a, Result<SourcePage, StoreError>> {
///         let at: usize = after.map_or(0, |after| after.0.parse().unwrap_or(usize::MAX));
///         let recipients = self.pages.get(at).into_iter().flatten();
///         let next = (at + 1 < self.pages.len()).then(|| Position((at + 1).to_string()));
///         let recipients = recipients.map(|id| (*id).into()).collect();
///         ready(Ok(SourcePage { recipients, next })).boxed()
///     }
/// }
/// ```
pub trait Source: Send + Sync + 'static {
    /// Reads a page from the start, or where the page before ended.
    fn page<'a>(
        &'a self,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<SourcePage, StoreError>>;
}

/// In which tenant single connections must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Within {
    /// In any.
    Any,
    /// In this one, or in none.
    Own(Option<TenantId>),
}

#[derive(Clone)]
pub(super) enum Who {
    /// A list, and the sender, whom the list may not have yet.
    List(Members, Option<Member>),
    /// Some connections.
    Ids(Arc<[Recipient]>, Within),
    /// Connections from elsewhere.
    Source(Arc<dyn Source>, Within),
    /// Nobody can be meant, and why.
    Nobody(Nobody),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Nobody {
    NoTenant,
    Connecting,
}

impl Who {
    pub(super) fn check(&self) -> Result<(), Kind> {
        match self {
            Self::Nobody(Nobody::NoTenant) => Err(Kind::NoTenant),
            Self::Nobody(Nobody::Connecting) => Err(Kind::Connecting),
            _ => Ok(()),
        }
    }

    /// The sender, for whom no list is waited for.
    pub(super) fn sender(&self) -> Option<&Member> {
        match self {
            Self::List(_, sender) => sender.as_ref(),
            _ => None,
        }
    }

    /// Where the connections must be; those of a list are where they belong.
    pub(super) fn within(&self) -> Option<&Within> {
        match self {
            Self::Ids(_, within) | Self::Source(_, within) => Some(within),
            Self::List(..) | Self::Nobody(_) => None,
        }
    }

    pub(super) fn parts<'a>(
        &'a self,
        store: &'a dyn Store,
        wished: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        match self {
            Self::List(of, _) => store.parts(of, wished),
            // These are read from one end to the other.
            _ => ready(Ok(vec![Part::whole(0)])).boxed(),
        }
    }

    pub(super) fn page<'a>(
        &'a self,
        store: &'a dyn Store,
        part: Part,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<SourcePage, StoreError>> {
        match self {
            Self::List(of, _) => store.page(of, part, after).map_ok(SourcePage::from).boxed(),
            Self::Ids(ids, _) => {
                let at = after.map_or(0, |after| after.0.parse().unwrap_or(ids.len()));
                let rest = ids.get(at..).unwrap_or_default();
                let recipients = rest.iter().take(IDS).cloned().collect();
                let next = (rest.len() > IDS).then(|| Position((at + IDS).to_string()));
                ready(Ok(SourcePage { recipients, next })).boxed()
            }
            Self::Source(source, _) => source.page(after),
            Self::Nobody(_) => ready(Ok(SourcePage::default())).boxed(),
        }
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(of, _) => f.debug_tuple("List").field(of).finish(),
            Self::Ids(ids, _) => f.debug_tuple("Ids").field(&ids.len()).finish(),
            Self::Source(..) => f.write_str("Source"),
            Self::Nobody(why) => f.debug_tuple("Nobody").field(why).finish(),
        }
    }
}
