//! A share of a send that another process does: a value to put into a queue.

use serde::{Deserialize, Serialize};

use super::{
    Audience, Cursor, GlobalPublisher, PublishError, Recipient,
    cursor::Rest,
    error::Kind,
    who::{Who, Within},
};
use crate::{ConnectionId, store::Members};

/// A share of a large audience: who, and how far it got. Some hundred bytes of JSON, whatever the
/// number of connections, for a queue; the message travels beside it.
///
/// ```
/// # use lift_ws::{Audience, GlobalPublisher, PublishError, Task};
/// # use std::collections::VecDeque;
/// /// The one who has something to say cuts.
/// async fn cut(everyone: Audience, queue: &mut VecDeque<String>) -> Result<(), PublishError> {
///     let pieces = everyone.clone().estimate().await?.pieces(5_000);
///     for task in everyone.tasks(pieces).await? {
///         queue.push_back(serde_json::to_string(&task).expect("a task is JSON"));
///     }
///     Ok(())
/// }
///
/// /// Each worker sends what a task says, and puts back what it could not finish.
/// async fn work(
///     publisher: &GlobalPublisher,
///     queue: &mut VecDeque<String>,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     while let Some(task) = queue.pop_front() {
///         let task: Task = serde_json::from_str(&task)?;
///         let report = publisher.task(task.clone()).text("we close at ten").await?;
///         if let Some(cursor) = report.cursor {
///             queue.push_back(serde_json::to_string(&task.rest(cursor))?);
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    to: To,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    except: Vec<ConnectionId>,
    cursor: Cursor,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum To {
    List(Members),
    Ids(Vec<Recipient>, Within),
}

impl Task {
    /// What is left of the task when its send stopped: the report's cursor.
    #[must_use]
    pub fn rest(self, cursor: Cursor) -> Self {
        Self { cursor, ..self }
    }

    pub(super) fn into_audience(self, publisher: &GlobalPublisher) -> Audience {
        let who = match self.to {
            To::List(members) => Who::List(members, None),
            To::Ids(ids, within) => Who::Ids(ids.into(), within),
        };
        let audience = publisher.audience(who).resume(self.cursor);
        self.except.iter().fold(audience, Audience::all_but)
    }
}

impl Audience {
    /// Cuts the audience into about so many tasks, which together reach everyone; a list into its
    /// shards at least. A list that grows meanwhile is read as each task finds it. A handler's sender,
    /// whom a lagging list may not have, is a task of its own.
    ///
    /// # Errors
    /// When the list cannot be read, or it is a [`Source`](crate::Source), which no other process has.
    pub async fn tasks(self, pieces: u32) -> Result<Vec<Task>, PublishError> {
        let parts = match &self.cursor {
            Some(cursor) => cursor.rest.clone(),
            None => self.parts(pieces).await?.into_iter().map(Rest::whole).collect(),
        };
        let sender = self.who.sender().cloned().filter(|_| self.cursor.is_none());
        let mut except = self.except;
        let of_sender = sender.filter(|sender| !except.contains(&sender.id)).map(|sender| {
            except.push(sender.id.clone());
            task(To::Ids(vec![sender.into()], Within::Any), &[], Rest::start())
        });
        let tasks: Vec<Task> = match self.who {
            Who::List(members, _) => {
                let list = |part| task(To::List(members.clone()), &except, part);
                parts.into_iter().map(list).collect()
            }
            Who::Ids(ids, within) if self.cursor.is_some() => {
                let ids = To::Ids(ids.to_vec(), within);
                parts.into_iter().map(|rest| task(ids.clone(), &except, rest)).collect()
            }
            Who::Ids(ids, within) => {
                let each = ids.len().div_ceil(pieces.max(1) as usize).max(1);
                let some = |ids: &[Recipient]| To::Ids(ids.to_vec(), within.clone());
                ids.chunks(each).map(|ids| task(some(ids), &except, Rest::start())).collect()
            }
            Who::Source(..) | Who::Nobody(_) => return Err(Kind::Uncut.into()),
        };
        Ok(of_sender.into_iter().chain(tasks).collect())
    }
}

fn task(to: To, except: &[ConnectionId], rest: Rest) -> Task {
    Task { to, except: except.to_vec(), cursor: Cursor { rest: vec![rest] } }
}
