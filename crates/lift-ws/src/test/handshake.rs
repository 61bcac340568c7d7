//! The handshake of a kit's client: what its events contain.

use serde::Serialize;

use super::{Client, Refused, event::ConnectionEvents, gateway::MemoryGateway};

/// The handshake of a client, made by [`Kit::client`](super::Kit::client).
///
/// Headers and query are in the `$connect` event, everything else is in every event of the connection. The
/// headers that API Gateway adds, such as `X-Forwarded-For`, are added.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use lift_ws::{App, extract::{ClientInfo, Stage}, test::Kit};
///
/// let app = App::new().route("where", async |stage: Stage, identity: ClientInfo| {
///     format!("{stage}, from {}", identity.source_ip.unwrap())
/// });
/// let kit = Kit::new(app);
/// let ana = kit.client("ana").stage("prod").source_ip("203.0.113.7").connect().await.unwrap();
/// ana.send(r#"{"action":"where"}"#).await;
/// assert_eq!(ana.received(), ["prod, from 203.0.113.7"]);
/// # }
/// ```
#[must_use = "a client connects by `.connect().await`"]
#[derive(Debug)]
pub struct Handshake {
    gateway: MemoryGateway,
    name: Option<String>,
    query: String,
    events: ConnectionEvents,
}

impl Handshake {
    pub(super) fn new(gateway: MemoryGateway, name: Option<String>) -> Self {
        let events = ConnectionEvents::new(gateway.clock.clone());
        Self { gateway, name, query: String::new(), events }
    }

    /// Sets the query of the URL, such as `name=ana&room=general`.
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// Adds a header. A header that exists gets another value.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.events.add_header(name, value);
        self
    }

    /// Offers subprotocols in one header, as a browser does, the preferred one first.
    pub fn subprotocols(self, offers: &[&str]) -> Self {
        self.header("Sec-WebSocket-Protocol", &offers.join(", "))
    }

    /// Sets the client's user agent: the header, and the identity in every event.
    pub fn user_agent(self, user_agent: &str) -> Self {
        self.header("User-Agent", user_agent)
    }

    /// Sets the client's IP address, such as `203.0.113.7`; `127.0.0.1` by default.
    pub fn source_ip(mut self, address: &str) -> Self {
        address.clone_into(&mut self.events.source_ip);
        self
    }

    /// Sets the stage; `test` by default.
    pub fn stage(mut self, stage: &str) -> Self {
        stage.clone_into(&mut self.events.stage);
        self
    }

    /// Adds a stage variable.
    pub fn stage_variable(mut self, name: &str, value: &str) -> Self {
        self.events.stage_variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets the context of a Lambda authorizer: an object with `principalId` and the authorizer's own keys.
    /// The key `integrationLatency`, which API Gateway adds, is added.
    ///
    /// # Panics
    /// When it is not a JSON object.
    #[track_caller]
    pub fn authorizer(mut self, context: impl Serialize) -> Self {
        let context = serde_json::to_value(context).ok();
        let Some(serde_json::Value::Object(mut context)) = context else {
            panic!("an authorizer's context is a JSON object");
        };
        context.entry("integrationLatency").or_insert(31.into());
        self.events.authorizer = serde_json::value::to_raw_value(&context).ok();
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// When the app refuses the handshake.
    pub async fn connect(mut self) -> Result<Client, Refused> {
        self.events.open(&self.query);
        self.gateway.push.add_client(self.events.connection_id(), self.name);
        Client::connect(self.gateway, self.query, self.events).await
    }
}
