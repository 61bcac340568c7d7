//! The connections of an audience, one after the other.

use std::{fmt, sync::Arc};

use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::ready,
    stream::{self, BoxStream},
};

use super::{PublishError, context::SendContext, retry::retry_read, target::Target};
use crate::{
    ConnectionId,
    store::{Member, Part, Position},
};

/// The connections of an [`Audience`](crate::publish::Audience). Pages are read when they are needed, and
/// only the current ones are kept in memory.
///
/// ```
/// use lift_ws::{Error, Publisher};
///
/// async fn names(publish: Publisher) -> Result<String, Error> {
///     let mut names = Vec::new();
///     let mut members = publish.own_tenant().members();
///     while let Some(member) = members.next().await {
///         names.extend(member?.user.map(|user| user.to_string()));
///     }
///     Ok(names.join(", "))
/// }
/// # let _ = lift_ws::App::new().route("names", names);
/// ```
#[must_use = "a list is read only as far as its connections are requested"]
pub struct MemberStream(BoxStream<'static, Result<Member, PublishError>>);

impl MemberStream {
    pub(super) fn new(context: SendContext, target: Target, except: Vec<ConnectionId>) -> Self {
        if let Err(unreachable) = target.check() {
            return Self(stream::iter([Err(unreachable.into())]).boxed());
        }
        let sender = target.sender().cloned();
        let sender_id = sender.as_ref().map(|sender| sender.id.clone());
        let listed = Arc::new(Reader { context, target }).members();
        let listed = listed.try_filter(move |member| ready(Some(&member.id) != sender_id.as_ref()));
        let all = stream::iter(sender.map(Ok)).chain(listed);
        Self(all.try_filter(move |member| ready(!except.contains(&member.id))).boxed())
    }

    /// The next connection; `None` at the end.
    ///
    /// # Errors
    /// When the audience cannot be sent to, or the store fails. A failure ends only the part of the list
    /// that was being read.
    pub async fn next(&mut self) -> Option<Result<Member, PublishError>> {
        self.0.next().await
    }
}

impl fmt::Debug for MemberStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemberStream").finish()
    }
}

struct Reader {
    context: SendContext,
    target: Target,
}

impl Reader {
    /// The connections of all pages. The parts are read at the same time.
    fn members(self: Arc<Self>) -> BoxStream<'static, Result<Member, PublishError>> {
        let parts = async move {
            let store = &*self.context.services.store;
            let read = || self.target.parts(store, 1);
            let parts = retry_read(self.context.stop_at(), read).await?;
            let each = parts.into_iter().map(|part| self.clone().members_of(part));
            Ok::<_, PublishError>(stream::select_all(each.collect::<Vec<_>>()))
        };
        stream::once(parts).try_flatten().boxed()
    }

    fn members_of(self: Arc<Self>, part: Part) -> BoxStream<'static, Result<Member, PublishError>> {
        let start = Some((self, None::<Position>));
        let pages = stream::try_unfold(start, move |state| async move {
            let Some((reader, after)) = state else { return Ok::<_, PublishError>(None) };
            let (members, next) = reader.page(part, after.as_ref()).await?;
            let members = stream::iter(members.into_iter().map(Ok));
            Ok(Some((members, next.map(|next| (reader, Some(next))))))
        });
        pages.try_flatten().boxed()
    }

    async fn page(
        &self,
        part: Part,
        after: Option<&Position>,
    ) -> Result<(Vec<Member>, Option<Position>), PublishError> {
        let services = &self.context.services;
        let (stop_at, store) = (self.context.stop_at(), &*services.store);
        let Some(scope) = self.target.scope() else {
            let Target::List(list, _) = &self.target else { return Ok((Vec::new(), None)) };
            let page = retry_read(stop_at, || store.page(list, part, after)).await?;
            return Ok((page.members, page.next));
        };
        let page = retry_read(stop_at, || self.target.page(store, part, after)).await?;
        let mut members = Vec::new();
        for to in page.recipients {
            let found = retry_read(stop_at, || services.find(to.id.as_str()).boxed()).await?;
            let found = found.filter(|row| scope.allows(row.tenant()));
            members.extend(found.map(|row| row.member()));
        }
        Ok((members, page.next))
    }
}
