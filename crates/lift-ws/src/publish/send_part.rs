//! A part of a send that another process does: a value for a queue.

use serde::{Deserialize, Serialize};

use super::{
    Cursor, PublishError, Recipient,
    cursor::PartCursor,
    error::PublishErrorKind,
    fan_out::SendOptions,
    target::{Target, TenantScope},
};
use crate::{
    ConnectionId,
    store::{ListKey, Part},
};

/// A part of a large audience, and where its send starts. It is some hundred bytes of JSON, regardless of
/// the number of connections, and is meant for a queue. The message is not in it.
///
/// ```
/// use lift_ws::{GlobalPublisher, PublishError, publish::{Audience, SendPart}};
/// use std::collections::VecDeque;
///
/// /// Splits an audience into parts of about 5,000 connections.
/// async fn enqueue(
///     audience: Audience,
///     queue: &mut VecDeque<String>,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     let parts = audience.clone().estimate().await?.parts(5_000);
///     for part in audience.split(parts).await? {
///         queue.push_back(serde_json::to_string(&part)?);
///     }
///     Ok(())
/// }
///
/// /// Sends to each part, and puts what it could not finish back into the queue.
/// async fn work(
///     publisher: &GlobalPublisher,
///     queue: &mut VecDeque<String>,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     while let Some(part) = queue.pop_front() {
///         let part: SendPart = serde_json::from_str(&part)?;
///         let report = publisher.part(part.clone()).text("we close at ten").await?;
///         if let Some(cursor) = report.cursor {
///             queue.push_back(serde_json::to_string(&part.resume(cursor))?);
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPart {
    to: PartTarget,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    except: Vec<ConnectionId>,
    cursor: Cursor,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PartTarget {
    List(ListKey),
    Ids(Vec<Recipient>, TenantScope),
}

impl SendPart {
    /// The part from where its send stopped: the cursor of the report.
    #[must_use]
    pub fn resume(self, cursor: Cursor) -> Self {
        Self { cursor, ..self }
    }

    /// Splits a target. `parts` are the parts of its list, unless the options have a cursor; `min_parts` is how
    /// many parts to make of a target of ids.
    pub(super) fn split(
        target: Target,
        options: SendOptions,
        parts: Vec<Part>,
        min_parts: u32,
    ) -> Result<Vec<Self>, PublishError> {
        let sender = target.sender().cloned().filter(|_| options.cursor.is_none());
        let (resumed, mut except) = (options.cursor.is_some(), options.except);
        let starts = match options.cursor {
            Some(cursor) => cursor.into_parts(),
            None => parts.into_iter().map(PartCursor::start_of).collect(),
        };
        let of_sender = sender.filter(|sender| !except.contains(&sender.id)).map(|sender| {
            except.push(sender.id.clone());
            let to = PartTarget::Ids(vec![sender.into()], TenantScope::Any);
            Self::new(to, Vec::new(), PartCursor::start_of(Part::whole(0)))
        });
        let of_starts = |to: PartTarget, starts: Vec<PartCursor>| -> Vec<Self> {
            let part = |start| Self::new(to.clone(), except.clone(), start);
            starts.into_iter().map(part).collect()
        };
        let parts = match target {
            Target::List(list, _) => of_starts(PartTarget::List(list), starts),
            Target::Ids(ids, scope) if resumed => {
                of_starts(PartTarget::Ids(ids.to_vec(), scope), starts)
            }
            Target::Ids(ids, scope) => {
                let size = ids.len().div_ceil(min_parts.max(1) as usize).max(1);
                let start = vec![PartCursor::start_of(Part::whole(0))];
                let to = |ids: &[Recipient]| PartTarget::Ids(ids.to_vec(), scope.clone());
                ids.chunks(size).flat_map(|ids| of_starts(to(ids), start.clone())).collect()
            }
            Target::Source(..) | Target::Unreachable(_) => {
                return Err(PublishErrorKind::SourceNotSplittable.into());
            }
        };
        Ok(of_sender.into_iter().chain(parts).collect())
    }

    fn new(to: PartTarget, except: Vec<ConnectionId>, start: PartCursor) -> Self {
        Self { to, except, cursor: Cursor::new(vec![start]) }
    }

    /// The target, the connections to leave out, and where to start.
    pub(super) fn into_target(self) -> (Target, Vec<ConnectionId>, Cursor) {
        let target = match self.to {
            PartTarget::List(list) => Target::List(list, None),
            PartTarget::Ids(ids, scope) => Target::Ids(ids.into(), scope),
        };
        (target, self.except, self.cursor)
    }
}
