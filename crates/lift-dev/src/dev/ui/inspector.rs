//! Feeds the inspector with what is observed, and with what the app stores, and publishes for it.

use std::{sync::Arc, time::SystemTime};

use futures_util::{FutureExt as _, future::BoxFuture};
use lift_aws::DynamoStore;
use lift_gateway::{Id, ServerHandle};
use lift_inspector::{
    Identity, Inspector, PublishReport, Rows, RowsError, Stored, StoredItem, TablePage, Tables,
    Target,
};
use lift_invoke::{InvocationEvent, InvocationEventKind};
use lift_ws::{
    GlobalPublisher,
    store::{Consistency, Item, ListKey, Store as _},
};
use serde_json::Value;

use crate::{
    dev::{
        dynamodb::rows::TableReader,
        ui::gateway_push::{ENDPOINT, GatewayPush},
    },
    observe::{Observed, ObservedKind, Observer},
};

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

/// The rows in the app's table, and the gateway that their connections are on.
pub(crate) struct TableRows {
    pub(crate) store: DynamoStore,
    pub(crate) gateway: ServerHandle,
}

impl Rows for TableRows {
    fn identity(&self, connection: Id) -> BoxFuture<'_, Result<Identity, RowsError>> {
        async move {
            let row = self.store.get(&connection.as_str().into(), Consistency::Eventual).await?;
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
            let row = self.store.get(&id, Consistency::Consistent).await?;
            let (items, _more) = self.store.items(&id, None).await?;
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

    fn publish(
        &self,
        target: Target,
        text: String,
    ) -> BoxFuture<'_, Result<PublishReport, RowsError>> {
        async move {
            let tenant = |tenant: Option<String>| tenant.map(Into::into);
            let list = match target {
                Target::User { name, tenant: of } => {
                    ListKey::User { tenant: tenant(of), user: name.into() }
                }
                Target::Tenant { name } => ListKey::Tenant(name.into()),
                Target::Group { name, tenant: of } => {
                    ListKey::Group { tenant: tenant(of), group: name.into() }
                }
                Target::Everyone => return Err("the gateway sends to everyone".into()),
            };
            let push = Arc::new(GatewayPush::new(self.gateway.clone()));
            let publisher = GlobalPublisher::new(Arc::new(self.store.clone()), push.clone());
            let report = publisher.with_endpoint(ENDPOINT).list(list).text(text).await?;
            let counts = report.counts;
            Ok(PublishReport {
                sent: counts.sent,
                gone: counts.gone,
                failed: counts.throttled + counts.failed + counts.skipped,
                failures: push.failures(),
            })
        }
        .boxed()
    }
}

impl Tables for TableReader {
    fn names(&self) -> Vec<String> {
        self.names().to_vec()
    }

    fn page<'a>(
        &'a self,
        table: &'a str,
        start: Option<Value>,
    ) -> BoxFuture<'a, Result<TablePage, RowsError>> {
        async move {
            let (keys, rows, next) = self.page(table, start).await?;
            Ok(TablePage { keys, rows, next })
        }
        .boxed()
    }
}
