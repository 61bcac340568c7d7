//! The chat of `examples/chat` without a framework: with the same frames, refusals and table.
//!
//! `main.rs` routes and handles events, `connections.rs` stores the connections, `posts.rs` sends,
//! `protocol.rs` has the messages.

mod connections;
mod local;
mod posts;
mod protocol;

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_lambda_events::{
    apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest},
    query_map::QueryMap,
};
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};

use connections::{Connection, Connections};
use posts::Posts;
use protocol::{MAX_NAME, ToClient};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if local::describe() {
        return Ok(());
    }
    tracing::init_default_subscriber();
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(Duration::from_secs(3));
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(local::http_client())
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .load()
        .await;
    let chat = Chat::new(&config)?;
    lambda_runtime::run(service_fn(|event| chat.handle(event))).await
}

struct Chat {
    connections: Connections,
    posts: Posts,
}

impl Chat {
    fn new(config: &SdkConfig) -> Result<Self, Error> {
        let connections = Connections::new(config, std::env::var("LIFT_TABLE")?);
        let posts = Posts::new(config, connections.clone());
        Ok(Self { connections, posts })
    }

    async fn handle(
        &self,
        event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
    ) -> Result<ApiGatewayProxyResponse, Error> {
        let request = event.payload;
        let context = request.request_context;
        let id = context.connection_id.ok_or("the event has no connection id")?;
        let mut response = ApiGatewayProxyResponse::default();
        response.status_code = 200;
        match context.event_type.as_deref() {
            Some("CONNECT") => {
                let query = &request.query_string_parameters;
                response.status_code = self.connect(&id, context.connected_at, query).await?;
            }
            Some("DISCONNECT") => self.disconnect(&id).await?,
            _ => {
                let route = context.route_key.unwrap_or_default();
                let body = request.body.unwrap_or_default();
                self.message(&id, &route, &body, context.request_time_epoch).await?;
            }
        }
        Ok(response)
    }

    /// Returns the status of the handshake.
    async fn connect(&self, id: &str, connected_at: i64, query: &QueryMap) -> Result<i64, Error> {
        let name = query.first("name").unwrap_or_default();
        let room = query.first("room").unwrap_or_default();
        if name.is_empty() {
            return Ok(401);
        }
        if room.is_empty() || name.len() > MAX_NAME || room.len() > MAX_NAME {
            return Ok(400);
        }
        let connection = Connection { user: name.to_owned(), room: room.to_owned() };
        if !self.connections.save(id, &connection, connected_at).await? {
            // Its $disconnect came first.
            return Ok(400);
        }
        let joined = ToClient::Joined { user: &connection.user };
        if let Err(error) = self.send_to_others(id, &connection.room, &joined).await {
            self.connections.remove(id).await?;
            return Err(error);
        }
        Ok(200)
    }

    async fn disconnect(&self, id: &str) -> Result<(), Error> {
        // Without a row, this $disconnect was handled before, or its client was never accepted.
        let Some(connection) = self.connections.remove(id).await? else { return Ok(()) };
        let left = ToClient::Left { user: &connection.user };
        self.send_to_others(id, &connection.room, &left).await
    }

    async fn message(&self, id: &str, route: &str, body: &str, at: i64) -> Result<(), Error> {
        let handled = match route {
            "say" => self.say(id, body, at).await,
            "who" => self.who(id).await,
            "ping" => self.posts.send(id, &ToClient::Pong).await,
            _ => {
                let message = "The action must be one of say, who and ping";
                self.posts.send(id, &ToClient::error("unknown_action", message)).await
            }
        };
        let Err(error) = handled else { return Ok(()) };
        tracing::error!(%error, route, "a message failed");
        self.posts.send(id, &ToClient::error("internal_error", "Internal error")).await
    }

    async fn say(&self, id: &str, body: &str, at: i64) -> Result<(), Error> {
        let text = match protocol::parse_say(body) {
            Ok(text) => text,
            Err(message) => {
                return self.posts.send(id, &ToClient::error("invalid_payload", &message)).await;
            }
        };
        let Some(Connection { user, room }) = self.sender(id).await? else { return Ok(()) };
        let mut members = self.connections.members(&room).await?;
        // The list may not have the sender yet.
        members.insert(id.to_owned(), user.clone());
        let message = ToClient::Message { room: &room, user: &user, text: &text, at };
        self.posts.send_all(members.keys(), &message).await
    }

    async fn who(&self, id: &str) -> Result<(), Error> {
        let Some(Connection { user, room }) = self.sender(id).await? else { return Ok(()) };
        let mut members = self.connections.members(&room).await?;
        members.insert(id.to_owned(), user);
        let users = members.values().map(String::as_str).collect();
        self.posts.send(id, &ToClient::Members { room: &room, users }).await
    }

    /// Returns the sender of a message. Without a row, it sends an error frame.
    async fn sender(&self, id: &str) -> Result<Option<Connection>, Error> {
        let sender = self.connections.get(id).await?;
        if sender.is_none() {
            let unknown = ToClient::error("not_connected", "This connection is not known");
            self.posts.send(id, &unknown).await?;
        }
        Ok(sender)
    }

    /// Sends to all members of a room except `id`, which is still connecting or has ended.
    async fn send_to_others(
        &self,
        id: &str,
        room: &str,
        frame: &ToClient<'_>,
    ) -> Result<(), Error> {
        let mut members = self.connections.members(room).await?;
        members.remove(id);
        self.posts.send_all(members.keys(), frame).await
    }
}
