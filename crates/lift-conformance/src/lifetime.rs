//! A connection's life as its function sees it: one event of each kind.

use serde_json::Value;

use crate::{Observed, Site, client::Client, handshake::Knock, watcher::Watcher};

/// The events of a connection that opened, sent one message and closed without a code.
pub(crate) struct Life {
    pub(crate) connect: Value,
    pub(crate) message: Value,
    pub(crate) disconnect: Value,
}

impl Life {
    pub(crate) fn all(&self) -> [&Value; 3] {
        [&self.connect, &self.message, &self.disconnect]
    }

    /// The same field of all three contexts.
    pub(crate) fn context<'a>(&'a self, key: &str) -> [&'a Value; 3] {
        self.all().map(|event| &event["requestContext"][key])
    }
}

impl Watcher {
    /// A handshake whose `$connect` and `$disconnect` are posted here.
    pub(crate) fn knock(&self, site: &Site) -> Knock {
        site.knock().connect(&self.orders()).disconnect(&self.orders())
    }

    /// A client that this watches, and its `$connect` event.
    pub(crate) async fn client(&mut self, site: &Site) -> Observed<(Client, Value)> {
        let client = self.knock(site).open().await?;
        Ok((client, self.event("CONNECT").await?))
    }
}

impl Site {
    /// A whole life; `knock` may change the handshake.
    pub(crate) async fn life(&self, knock: impl Fn(Knock) -> Knock) -> Observed<Life> {
        let mut watcher = self.watcher().await?;
        let mut client = knock(watcher.knock(self)).open().await?;
        let connect = watcher.event("CONNECT").await?;
        let message = client.event().await?;
        client.close(None).await?;
        let disconnect = watcher.event("DISCONNECT").await?;
        Ok(Life { connect, message, disconnect })
    }
}

/// The keys of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> =
        value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}
