//! The events of a connection's lifetime, one of each type.

use serde_json::Value;

use crate::{CaseResult, TargetApi, client::Client, handshake::Handshake, watcher::Watcher};

/// The events of a connection that opened, sent one message and closed without a code.
pub(crate) struct Lifetime {
    pub(crate) connect: Value,
    pub(crate) message: Value,
    pub(crate) disconnect: Value,
}

impl Lifetime {
    pub(crate) fn all(&self) -> [&Value; 3] {
        [&self.connect, &self.message, &self.disconnect]
    }

    /// A field of the `requestContext` of all three.
    pub(crate) fn context<'a>(&'a self, key: &str) -> [&'a Value; 3] {
        self.all().map(|event| &event["requestContext"][key])
    }
}

impl Watcher {
    /// A handshake whose `$connect` and `$disconnect` events are posted to this watcher.
    pub(crate) fn handshake(&self, api: &TargetApi) -> Handshake {
        api.handshake().connect(&self.instructions()).disconnect(&self.instructions())
    }

    /// A client whose events are posted to this watcher, and its `$connect` event.
    pub(crate) async fn client(&mut self, api: &TargetApi) -> CaseResult<(Client, Value)> {
        let client = self.handshake(api).open().await?;
        Ok((client, self.event("CONNECT").await?))
    }
}

impl TargetApi {
    /// Opens a connection, sends a message and closes. `handshake` may change the handshake.
    pub(crate) async fn lifetime(
        &self,
        handshake: impl Fn(Handshake) -> Handshake,
    ) -> CaseResult<Lifetime> {
        let mut watcher = self.watcher().await?;
        let mut client = handshake(watcher.handshake(self)).open().await?;
        let connect = watcher.event("CONNECT").await?;
        let message = client.event().await?;
        client.close(None).await?;
        let disconnect = watcher.event("DISCONNECT").await?;
        Ok(Lifetime { connect, message, disconnect })
    }
}

/// The keys of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> =
        value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys
}
