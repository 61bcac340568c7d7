//! Feeds the inspector with what is observed, and with the rows of the app's connections.

use std::time::SystemTime;

use futures_util::{FutureExt as _, future::BoxFuture};
use lift_aws::DynamoStore;
use lift_gateway::Id;
use lift_inspector::{Identity, Inspector, Rows, RowsError, Stored, StoredItem};
use lift_invoke::{InvocationEvent, InvocationEventKind};
use lift_ws::store::{Consistency, Item, Store as _};

use crate::observe::{Observed, ObservedKind, Observer};

impl Observer for Inspector {
    fn observe(&self, observed: &Observed) {
        match &observed.kind {
            ObservedKind::Gateway(event) => self.event(observed.at, event),
            ObservedKind::Invocation(event) => invocation(self, observed.at, event),
            ObservedKind::Line { process, invocation, text } => {
                self.log_line(observed.at, *process, *invocation, text);
            }
        }
    }
}

/// An event that is not of a connection. It has the name of its schedule or function in place of a route.
fn invocation(inspector: &Inspector, at: SystemTime, event: &InvocationEvent) {
    match &event.kind {
        InvocationEventKind::Invoked { function, source, payload } => {
            let name = format!("{} {}", source.as_str(), source.schedule().unwrap_or(function));
            inspector.invoked(at, event.invocation, name, payload.clone());
        }
        InvocationEventKind::Answered { took, result, error } => {
            inspector.answered(at, event.invocation, *took, result, error.as_ref());
        }
        _ => {}
    }
}

/// The rows in the app's table.
pub(crate) struct TableRows(pub(crate) DynamoStore);

impl Rows for TableRows {
    fn identity(&self, connection: Id) -> BoxFuture<'_, Result<Identity, RowsError>> {
        async move {
            let row = self.0.get(&connection.as_str().into(), Consistency::Eventual).await?;
            Ok(row.map_or_else(Identity::default, |row| Identity {
                user: row.user.map(|user| user.as_str().to_owned()),
                tenant: row.tenant.map(|tenant| tenant.as_str().to_owned()),
            }))
        }
        .boxed()
    }

    fn stored(&self, connection: Id) -> BoxFuture<'_, Result<Stored, RowsError>> {
        async move {
            let id = connection.as_str().into();
            let row = self.0.get(&id, Consistency::Consistent).await?;
            let (items, _more) = self.0.items(&id, None).await?;
            let item = |Item { key, group, value }| StoredItem {
                key,
                group: group.map(|group| group.as_str().to_owned()),
                value,
            };
            Ok(Stored {
                row: row.map(serde_json::to_value).transpose()?,
                items: items.into_iter().map(item).collect(),
            })
        }
        .boxed()
    }
}
