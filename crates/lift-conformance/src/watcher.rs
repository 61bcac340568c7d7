//! A connection that the probe posts events to, so that they can be seen from outside.

use std::time::Duration;

use serde_json::Value;

use crate::{Finding, Observed, Site, client::Client, probe::Orders};

/// A client that events are posted to.
pub(crate) struct Watcher {
    pub(crate) client: Client,
    pub(crate) id: String,
}

/// The kind of an event, in its own word; an authorizer's is `REQUEST`.
pub(crate) type Kind = &'static str;

impl Site {
    pub(crate) async fn watcher(&self) -> Observed<Watcher> {
        let mut client = self.client().await?;
        let id = client.id().await?;
        Ok(Watcher { client, id })
    }
}

impl Watcher {
    /// Orders that only post the event here.
    pub(crate) fn orders(&self) -> Orders {
        Orders { watch: Some(self.id.clone()), ..Orders::default() }
    }

    /// The next event, which has to be of this kind.
    pub(crate) async fn event(&mut self, kind: Kind) -> Observed<Value> {
        let event = self.client.json().await?;
        expect(kind, event)
    }

    pub(crate) async fn event_within(&mut self, kind: Kind, patience: Duration) -> Observed<Value> {
        match self.client.next_within(patience).await?.into_text() {
            Ok(text) => expect(kind, serde_json::from_str(text.as_str()).unwrap_or_default()),
            Err(error) => Err(Finding::differs("an event", error)),
        }
    }
}

fn expect(kind: Kind, event: Value) -> Observed<Value> {
    let found = event["type"].as_str().or(event["requestContext"]["eventType"].as_str());
    if found == Some(kind) {
        Ok(event)
    } else {
        Err(Finding::differs(format!("a {kind} event"), event))
    }
}
