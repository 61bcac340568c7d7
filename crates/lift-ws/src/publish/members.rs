//! The connections of an audience themselves, one after the other.

use std::{fmt, sync::Arc};

use futures_util::{
    FutureExt, StreamExt, TryStreamExt,
    future::ready,
    stream::{self, BoxStream},
};

use super::{
    Audience, PublishError,
    patience::persist,
    who::{Who, Within},
};
use crate::store::{Member, Part, Position};

/// The connections of an [`Audience`], read page by page as they are asked for.
///
/// ```
/// use lift_ws::{Error, Publisher};
///
/// async fn who(publish: Publisher) -> Result<String, Error> {
///     let mut names = Vec::new();
///     let mut members = publish.own_tenant().members();
///     while let Some(member) = members.next().await {
///         names.extend(member?.user.map(|user| user.to_string()));
///     }
///     Ok(names.join(", "))
/// }
/// # let _ = lift_ws::App::new().route("who", who);
/// ```
#[must_use = "a list is read only as far as it is asked for"]
pub struct MemberStream(BoxStream<'static, Result<Member, PublishError>>);

impl MemberStream {
    /// The next connection; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Member, PublishError>> {
        self.0.next().await
    }
}

impl Audience {
    /// The connections themselves; nothing is kept of a large tenant. Some of one's own ids cost a read
    /// each, unless this process knows them.
    pub fn members(self) -> MemberStream {
        if let Err(nobody) = self.who.check() {
            return MemberStream(stream::iter([Err(nobody.into())]).boxed());
        }
        let sender = self.who.sender().cloned();
        let known = sender.as_ref().map(|sender| sender.id.clone());
        let except = self.except.clone();
        let listed =
            self.listed().try_filter(move |member| ready(Some(&member.id) != known.as_ref()));
        let all = stream::iter(sender.map(Ok)).chain(listed);
        MemberStream(all.try_filter(move |member| ready(!except.contains(&member.id))).boxed())
    }

    /// The connections of all pages, the parts read beside each other.
    fn listed(self) -> BoxStream<'static, Result<Member, PublishError>> {
        let audience = Arc::new(self);
        let parts = async move {
            let (stop_at, store) =
                (audience.publisher.stop_at(), &*audience.publisher.services.store);
            let parts = persist(stop_at, || audience.who.parts(store, 1)).await?;
            let each = parts.into_iter().map(|part| {
                let start = Some((audience.clone(), None::<Position>));
                stream::try_unfold(start, move |at| async move {
                    let Some((audience, after)) = at else { return Ok::<_, PublishError>(None) };
                    let (members, next) = audience.member_page(part, after.as_ref()).await?;
                    let members = stream::iter(members.into_iter().map(Ok));
                    Ok(Some((members, next.map(|next| (audience, Some(next))))))
                })
                .try_flatten()
                .boxed()
            });
            Ok::<_, PublishError>(stream::select_all(each.collect::<Vec<_>>()))
        };
        stream::once(parts).try_flatten().boxed()
    }

    async fn member_page(
        &self,
        part: Part,
        after: Option<&Position>,
    ) -> Result<(Vec<Member>, Option<Position>), PublishError> {
        let services = &self.publisher.services;
        let (stop_at, store) = (self.publisher.stop_at(), &*services.store);
        let Some(within) = self.who.within() else {
            let Who::List(of, _) = &self.who else { return Ok((Vec::new(), None)) };
            let page = persist(stop_at, || store.page(of, part, after)).await?;
            return Ok((page.members, page.next));
        };
        let page = persist(stop_at, || self.who.page(store, part, after)).await?;
        let mut members = Vec::new();
        for to in page.recipients {
            let found = persist(stop_at, || services.find(to.id.as_str()).boxed()).await?;
            let found = found.filter(|row| match within {
                Within::Any => true,
                Within::Own(own) => own.as_ref() == row.tenant(),
            });
            members.extend(found.map(|row| row.member()));
        }
        Ok((members, page.next))
    }
}

impl fmt::Debug for MemberStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemberStream").finish()
    }
}
