//! A connection to which the probe posts events, so that the suite sees them.

use std::time::Duration;

use serde_json::Value;

use crate::{CaseResult, Finding, TargetApi, client::Client, probe::Instructions};

/// A client to which events are posted.
pub(crate) struct Watcher {
    pub(crate) client: Client,
    pub(crate) id: String,
}

/// The type of an event; that of an authorizer's is `REQUEST`.
pub(crate) type EventType = &'static str;

impl TargetApi {
    pub(crate) async fn watcher(&self) -> CaseResult<Watcher> {
        let mut client = self.client().await?;
        let id = client.id().await?;
        Ok(Watcher { client, id })
    }
}

impl Watcher {
    /// Instructions that only post the event here.
    pub(crate) fn instructions(&self) -> Instructions {
        Instructions { watch: Some(self.id.clone()), ..Instructions::default() }
    }

    /// The next event, which has to be of this type.
    pub(crate) async fn event(&mut self, event_type: EventType) -> CaseResult<Value> {
        let event = self.client.json().await?;
        expect(event_type, event)
    }

    pub(crate) async fn event_within(
        &mut self,
        event_type: EventType,
        max_wait: Duration,
    ) -> CaseResult<Value> {
        match self.client.next_within(max_wait).await?.into_text() {
            Ok(text) => expect(event_type, serde_json::from_str(text.as_str()).unwrap_or_default()),
            Err(error) => Err(Finding::differs("an event", error)),
        }
    }
}

fn expect(event_type: EventType, event: Value) -> CaseResult<Value> {
    let found = event["type"].as_str().or(event["requestContext"]["eventType"].as_str());
    if found == Some(event_type) {
        Ok(event)
    } else {
        Err(Finding::differs(format!("a {event_type} event"), event))
    }
}
