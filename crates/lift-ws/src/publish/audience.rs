//! Who is meant: a choice of connections that can be sent to, listed or closed.

use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use serde::Serialize;

use super::{
    Cursor, PublishError, Publisher, Report,
    error::Kind,
    send::{self, Target},
};
use crate::{
    ConnectionId, Error, TenantId,
    store::{Member, Members, Position},
};

/// The connections that a send is meant for. Nothing happens until it is awaited.
#[must_use = "nothing is sent until `.json(..)`, `.text(..)` or `.bytes(..)` is awaited"]
#[derive(Clone, Debug)]
pub struct Audience<'a> {
    publisher: &'a Publisher,
    who: Who,
    except: Vec<ConnectionId>,
    cursor: Option<Cursor>,
}

#[derive(Clone, Debug)]
pub(super) enum Who {
    /// A list, and the sender, whom the list may not have yet.
    List(Members, Option<Member>),
    /// One connection, and the tenant in which it must be.
    One(ConnectionId, Option<Option<TenantId>>),
    /// The sender has no tenant.
    NoTenant,
}

impl<'a> Audience<'a> {
    pub(super) fn new(publisher: &'a Publisher, who: Who) -> Self {
        Self { publisher, who, except: Vec::new(), cursor: None }
    }

    /// Leaves a connection out; may be called several times.
    pub fn all_but(mut self, id: &ConnectionId) -> Self {
        self.except.push(id.clone());
        self
    }

    /// Goes on where an earlier send stopped.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// See [`bytes`](Self::bytes).
    pub async fn json(self, value: &(impl Serialize + ?Sized)) -> Result<Report, PublishError> {
        let json = serde_json::to_vec(value).map_err(|error| PublishError(Kind::Json(error)))?;
        self.bytes(json).await
    }

    /// Sends text.
    ///
    /// # Errors
    /// See [`bytes`](Self::bytes).
    pub async fn text(self, text: impl Into<String>) -> Result<Report, PublishError> {
        self.bytes(text.into()).await
    }

    /// Sends bytes, which should be UTF-8: what API Gateway makes of others is not documented.
    ///
    /// Pages of the list are read while earlier ones are sent, at most 64 posts at once; throttled
    /// posts are tried again with back-off. It stops before the call's deadline.
    ///
    /// # Errors
    /// When the message is over 128 KB, the list cannot be read, or the only connection meant is
    /// still connecting. The fate of single connections is in the report.
    pub async fn bytes(self, data: impl Into<Bytes>) -> Result<Report, PublishError> {
        let data = data.into();
        if data.len() > send::MAX_MESSAGE {
            return Err(PublishError(Kind::TooLarge(data.len())));
        }
        let publisher = self.publisher;
        let target = match self.who {
            Who::NoTenant => return Err(PublishError(Kind::NoTenant)),
            Who::One(id, _) if publisher.is_connecting(&id) => {
                return Err(PublishError(Kind::Connecting));
            }
            // Across tenants everybody is meant, which takes no look.
            Who::One(id, None) => Target::One(id, true),
            Who::One(id, within) => {
                let meant = publisher.member(id.clone(), within).await?.is_some();
                Target::One(id, meant)
            }
            Who::List(members, sender) => Target::List(members, sender),
        };
        send::send(publisher, target, self.except, self.cursor, data).await
    }

    /// The connections themselves, one after the other; nothing is kept of a large tenant.
    pub fn members(self) -> MemberStream<'a> {
        let Self { publisher, who, except, .. } = self;
        let all = match who {
            Who::NoTenant => stream::iter([Err(PublishError(Kind::NoTenant))]).boxed(),
            Who::One(id, within) => {
                let one = publisher.member(id, within);
                stream::once(one).try_filter_map(|member| ready(Ok(member))).boxed()
            }
            Who::List(members, sender) => {
                let known = sender.as_ref().map(|sender| sender.id.clone());
                let listed = pages(publisher, members)
                    .try_filter(move |member| ready(Some(&member.id) != known.as_ref()));
                stream::iter(sender.map(Ok)).chain(listed).boxed()
            }
        };
        MemberStream(all.try_filter(move |member| ready(!except.contains(&member.id))).boxed())
    }

    /// Closes the connections: each client sees code 1000, and its `$disconnect` runs. Meant for
    /// few: they are closed one after the other.
    ///
    /// # Errors
    /// When the list cannot be read, or a connection cannot be closed. One that has ended already
    /// is none.
    pub async fn close(self) -> Result<(), Error> {
        let publisher = self.publisher;
        let ids: Vec<ConnectionId> =
            self.members().0.map_ok(|member| member.id).try_collect().await?;
        for id in ids {
            match publisher.services.push.close(&publisher.endpoint, &id).await {
                Err(error) if !error.is_gone() => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Publisher {
    /// A connection, if it is there and in the tenant in which it must be.
    async fn member(
        &self,
        id: ConnectionId,
        within: Option<Option<TenantId>>,
    ) -> Result<Option<Member>, PublishError> {
        let connection = match &id == self.sender.id() {
            true => Some(self.sender.clone()),
            false => self.services.find(id.as_str()).await?,
        };
        let meant = connection.filter(|connection| match &within {
            Some(tenant) => connection.tenant() == tenant.as_ref(),
            None => true,
        });
        Ok(meant.map(|connection| connection.member()))
    }
}

/// The members of a list, its parts read beside each other.
fn pages(publisher: &Publisher, of: Members) -> BoxStream<'_, Result<Member, PublishError>> {
    let store = &publisher.services.store;
    let parts = async move {
        let parts = store.parts(&of, 1).await?;
        let each = parts.into_iter().map(move |part| {
            let start = Some((of.clone(), None::<Position>));
            stream::try_unfold(start, move |at| async move {
                let Some((of, after)) = at else { return Ok::<_, PublishError>(None) };
                let page = store.page(&of, part, after.as_ref()).await?;
                let members = stream::iter(page.members.into_iter().map(Ok));
                Ok(Some((members, page.next.map(|next| (of, Some(next))))))
            })
            .try_flatten()
            .boxed()
        });
        Ok::<_, PublishError>(stream::select_all(each))
    };
    stream::once(parts).try_flatten().boxed()
}

/// The connections of an [`Audience`], read page by page as they are asked for.
#[must_use = "a list is read only as far as it is asked for"]
pub struct MemberStream<'a>(BoxStream<'a, Result<Member, PublishError>>);

impl MemberStream<'_> {
    /// The next connection; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Member, PublishError>> {
        self.0.next().await
    }
}

impl std::fmt::Debug for MemberStream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MemberStream").finish()
    }
}
