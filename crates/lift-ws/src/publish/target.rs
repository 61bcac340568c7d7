//! The target of a send, read as pages of recipients: a list of the store, some ids, or a [`Source`].

use std::{fmt, sync::Arc};

use futures_util::{
    TryFutureExt,
    future::{BoxFuture, FutureExt, ready},
};
use serde::{Deserialize, Serialize};

use super::error::PublishErrorKind;
use crate::{
    ConnectionId, TenantId,
    push::Endpoint,
    store::{ListKey, Member, Page, Part, Position, Store, StoreError},
};

/// How many ids of a target are a page.
const IDS_PER_PAGE: usize = 1000;

/// A connection to send to.
///
/// ```
/// use lift_ws::{ConnectionId, publish::Recipient};
///
/// let recipient: Recipient = ConnectionId::from("L0SM9cOFvHcCIhw=").into();
/// assert!(recipient.endpoint.is_none(), "it is read from the connection's row");
/// let recipient = recipient.with_endpoint("https://api.example/prod");
/// assert!(recipient.endpoint.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recipient {
    /// The connection.
    pub id: ConnectionId,
    /// Where to post to it. `None` for the endpoint in its row, which costs a read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

impl Recipient {
    /// The recipient with an endpoint, so that its row need not be read.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }
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

/// One page of a [`Source`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourcePage {
    /// The recipients. A page may be empty although more pages follow.
    pub recipients: Vec<Recipient>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Position>,
}

impl SourcePage {
    /// A page with some recipients, and where the next one starts.
    #[must_use]
    pub fn new(recipients: Vec<Recipient>, next: Option<Position>) -> Self {
        Self { recipients, next }
    }
}

impl From<Page> for SourcePage {
    fn from(page: Page) -> Self {
        let recipients = page.members.into_iter().map(Recipient::from).collect();
        Self { recipients, next: page.next }
    }
}

/// A list of connections that the app keeps itself, read page by page: for example the members of a room.
///
/// A page may be requested more than once: by a retry, or when a send resumes from a
/// [`Cursor`](crate::publish::Cursor).
///
/// ```
/// use futures_util::future::{BoxFuture, FutureExt, ready};
/// use lift_ws::{publish::{Source, SourcePage}, store::{Position, StoreError}};
///
/// struct Watchers { pages: Vec<Vec<&'static str>> }
///
/// impl Source for Watchers {
///     fn page<'a>(
///         &'a self,
///         after: Option<&'a Position>,
///     ) -> BoxFuture<'a, Result<SourcePage, StoreError>> {
///         let index: usize = after.map_or(0, |after| after.as_str().parse().unwrap_or(usize::MAX));
///         let recipients = self.pages.get(index).into_iter().flatten();
///         let recipients = recipients.map(|id| (*id).into()).collect();
///         let more = index + 1 < self.pages.len();
///         let next = more.then(|| Position::new((index + 1).to_string()));
///         ready(Ok(SourcePage::new(recipients, next))).boxed()
///     }
/// }
/// ```
pub trait Source: Send + Sync + 'static {
    /// Reads the first page, or the one that starts at a position.
    ///
    /// # Errors
    /// When the page cannot be read. The send retries unless the error
    /// [`is_invalid`](StoreError::is_invalid).
    fn page<'a>(
        &'a self,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<SourcePage, StoreError>>;
}

/// In which tenant single connections must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TenantScope {
    Any,
    /// In this tenant, or without a tenant.
    Own(Option<TenantId>),
}

impl TenantScope {
    pub(super) fn allows(&self, tenant: Option<&TenantId>) -> bool {
        match self {
            Self::Any => true,
            Self::Own(own) => own.as_ref() == tenant,
        }
    }
}

#[derive(Clone)]
pub(super) enum Target {
    /// A list, and the sender if it belongs to the list: an index that lags may not have it yet.
    List(ListKey, Option<Member>),
    Ids(Arc<[Recipient]>, TenantScope),
    Source(Arc<dyn Source>, TenantScope),
    Unreachable(Unreachable),
}

/// Why a target has no connections.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unreachable {
    NoTenant,
    Connecting,
}

impl Target {
    /// Fails when the target is unreachable.
    pub(super) fn check(&self) -> Result<(), PublishErrorKind> {
        match self {
            Self::Unreachable(Unreachable::NoTenant) => Err(PublishErrorKind::NoTenant),
            Self::Unreachable(Unreachable::Connecting) => Err(PublishErrorKind::Connecting),
            Self::List(..) | Self::Ids(..) | Self::Source(..) => Ok(()),
        }
    }

    /// The sender, which is in the target even if the list does not have it yet.
    pub(super) fn sender(&self) -> Option<&Member> {
        match self {
            Self::List(_, sender) => sender.as_ref(),
            _ => None,
        }
    }

    /// In which tenant the connections must be. `None` for a list, which has only those of its tenant.
    pub(super) fn scope(&self) -> Option<&TenantScope> {
        match self {
            Self::Ids(_, scope) | Self::Source(_, scope) => Some(scope),
            Self::List(..) | Self::Unreachable(_) => None,
        }
    }

    /// The parts to read: those of the list, at least `min_parts`. Ids and sources are one part.
    pub(super) fn parts<'a>(
        &'a self,
        store: &'a dyn Store,
        min_parts: u32,
    ) -> BoxFuture<'a, Result<Vec<Part>, StoreError>> {
        match self {
            Self::List(list, _) => store.parts(list, min_parts),
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
            Self::List(list, _) => store.page(list, part, after).map_ok(SourcePage::from).boxed(),
            Self::Ids(ids, _) => ready(Ok(page_of(ids, after))).boxed(),
            Self::Source(source, _) => source.page(after),
            Self::Unreachable(_) => ready(Ok(SourcePage::default())).boxed(),
        }
    }
}

fn page_of(ids: &[Recipient], after: Option<&Position>) -> SourcePage {
    let start = after.map_or(0, |after| after.as_str().parse().unwrap_or(ids.len()));
    let rest = ids.get(start..).unwrap_or_default();
    let recipients = rest.iter().take(IDS_PER_PAGE).cloned().collect();
    let more = rest.len() > IDS_PER_PAGE;
    SourcePage { recipients, next: more.then(|| Position::new((start + IDS_PER_PAGE).to_string())) }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(list, _) => f.debug_tuple("List").field(list).finish(),
            Self::Ids(ids, _) => f.debug_tuple("Ids").field(&ids.len()).finish(),
            Self::Source(..) => f.write_str("Source"),
            Self::Unreachable(why) => f.debug_tuple("Unreachable").field(why).finish(),
        }
    }
}
