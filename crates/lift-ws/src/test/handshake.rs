//! How a kit's client comes: its name, and what API Gateway will say of it in every event.

use serde::Serialize;

use super::{Client, Kit, Refused, event::Draft};

/// A client that is about to connect; made by [`Kit::client`].
///
/// What is said of it stands in its events as API Gateway puts it there: headers and query at
/// `$connect`, all else in every event. The headers of a proxy, such as `X-Forwarded-For`, are added.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use lift_ws::{App, extract::{ClientInfo, Stage}, test::Kit};
///
/// let app = App::new().route("where", async |stage: Stage, identity: ClientInfo| {
///     format!("{stage}, from {}", identity.source_ip.unwrap())
/// });
/// let kit = Kit::new(app);
/// let ana = kit.client("ana").stage("prod").source_ip("203.0.113.7").connect().await.unwrap();
/// ana.send(r#"{"action":"where"}"#).await;
/// assert_eq!(ana.received(), ["prod, from 203.0.113.7"]);
/// # });
/// ```
#[must_use = "a client connects by `.connect().await`"]
#[derive(Debug)]
pub struct Handshake {
    kit: Kit,
    name: Option<String>,
    query: String,
    draft: Draft,
}

impl Handshake {
    pub(super) fn new(kit: Kit, name: Option<String>) -> Self {
        let draft = Draft::new(kit.clock().clone());
        Self { kit, name, query: String::new(), draft }
    }

    /// The query of the URL, such as `name=ana&room=general`. The last one counts.
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// Adds a header; one that was there already gets another value.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.draft.add_header(name, value);
        self
    }

    /// Offers subprotocols, the preferred first, as a browser does: in one header.
    pub fn subprotocols(self, offers: &[&str]) -> Self {
        self.header("Sec-WebSocket-Protocol", &offers.join(", "))
    }

    /// The client's `User-Agent`: the header, and the identity in every event.
    pub fn user_agent(self, user_agent: &str) -> Self {
        self.header("User-Agent", user_agent)
    }

    /// The client's address, such as `203.0.113.7`; `127.0.0.1` unless set.
    pub fn source_ip(mut self, address: &str) -> Self {
        address.clone_into(&mut self.draft.source_ip);
        self
    }

    /// The stage that the client connects to; `test` unless set.
    pub fn stage(mut self, stage: &str) -> Self {
        stage.clone_into(&mut self.draft.stage);
        self
    }

    /// Adds a variable of the stage.
    pub fn stage_variable(mut self, name: &str, value: &str) -> Self {
        self.draft.stage_variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What a Lambda authorizer said of the client: an object with `principalId` and the keys of
    /// its context. API Gateway's own key `integrationLatency` is added.
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
        self.draft.authorizer = serde_json::value::to_raw_value(&context).ok();
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// When the app refuses.
    pub async fn connect(mut self) -> Result<Client, Refused> {
        self.draft.open(&self.query);
        self.kit.push().name(self.draft.connection_id(), self.name);
        Client::connect(self.kit, self.query, self.draft).await
    }
}
