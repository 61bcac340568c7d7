//! The test kit: client settings in events, and the conversation as text.

use std::collections::BTreeMap;

use lift_ws::{
    Accept, App, Connection, Error, Headers, Json, Publisher, Query, Reply, TenantId, Text,
    extract::{Authorizer, ClientInfo, RequestInfo, Stage, StageVariables},
    test::Kit,
};
use serde::Deserialize;
use serde_json::{Value, json};

type Texts = BTreeMap<String, String>;

#[tokio::test]
async fn client_settings_appear_in_every_event() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Player {
        principal_id: String,
        tier: String,
        integration_latency: u32,
    }
    let describe = async |stage: Stage,
                          StageVariables(variables): StageVariables<Texts>,
                          identity: ClientInfo,
                          Authorizer(player): Authorizer<Player>| {
        assert!(player.integration_latency > 0);
        let client = (identity.source_ip, identity.user_agent);
        let player = (player.principal_id, player.tier);
        format!("{:?}", (stage, variables, client, player))
    };
    let connect = {
        move |stage: Stage,
              variables: StageVariables<Texts>,
              who: ClientInfo,
              by: Authorizer<Player>| async move {
            Accept::user(describe(stage, variables, who, by).await).tenant("all")
        }
    };
    let left = {
        move |stage: Stage,
              variables: StageVariables<Texts>,
              who: ClientInfo,
              by: Authorizer<Player>,
              publish: Publisher| async move {
            let _ = publish.own_tenant().text(describe(stage, variables, who, by).await).await;
        }
    };
    let app = App::new()
        .connect(connect)
        .disconnect(left)
        .default_route(describe)
        .route("who", async |who: Connection| who.user().unwrap().to_string());
    let kit = Kit::new(app);
    let client = |name: &str| {
        let client = kit.client(name).stage("prod").stage_variable("greeting", "hi");
        let client = client.source_ip("2001:db8::7").user_agent("kit/1");
        client.authorizer(json!({"principalId": "p-1", "tier": "gold"}))
    };
    let (ana, bob) =
        (client("ana").connect().await.unwrap(), client("bob").connect().await.unwrap());
    ana.send(r#"{"action":"who"}"#).await;
    ana.send("describe").await;
    bob.close().await;
    let expected =
        r#"("prod", {"greeting": "hi"}, (Some(2001:db8::7), Some("kit/1")), ("p-1", "gold"))"#;
    assert_eq!(ana.received(), [expected; 3]);
}

#[tokio::test]
async fn a_handshake_carries_query_headers_and_offers() {
    let connect = async |Query(query): Query<Texts>, headers: Headers| {
        let all = |name: &str| headers.get_all(name).collect::<Vec<_>>().join("+");
        assert_eq!(all("host"), "kit.execute-api.us-east-1.amazonaws.com");
        assert_eq!(all("x-forwarded-for"), "10.0.0.1, 203.0.113.7");
        Accept::user(format!(
            "{} {} {} {}",
            query["name"],
            all("x-a"),
            all("user-agent"),
            all("sec-websocket-protocol")
        ))
    };
    let app = App::new()
        .connect(connect)
        .default_route(async |who: Connection| who.user().unwrap().to_string());
    let kit = Kit::new(app);
    let client = kit.client("ana").query("name=a%20b").header("X-A", "1").header("X-A", "2");
    let client = client.source_ip("203.0.113.7").header("X-Forwarded-For", "10.0.0.1");
    let ana = client.user_agent("kit/1").subprotocols(&["v2", "v1"]).connect().await.unwrap();
    ana.send("who").await;
    assert_eq!(ana.received(), ["a b 1+2 kit/1 v2, v1"]);
}

#[tokio::test]
#[should_panic(expected = "an authorizer's context is a JSON object")]
async fn an_authorizers_context_is_an_object() {
    let _ = Kit::new(App::new()).client("ana").authorizer("p-1");
}

/// A reply with all values that change from run to run.
async fn say(
    who: Connection,
    room: TenantId,
    info: RequestInfo,
    publish: Publisher,
    Text(text): Text,
) -> Result<Json<Value>, Error> {
    let said = json!({
        "room": room,
        "from": who.id(),
        "text": text,
        "at": info.time(),
        "since": info.connected_at().as_secs(),
        "exact": format!("{}.25", info.connected_at().as_secs()),
        "not a time": [1.5, 7, 1_600_000_000_000_u64],
    });
    publish.own_tenant().json(&said).await?;
    Ok(Json(json!({"message": info.message_id(), "request": info.request_id()})))
}

async fn run() -> String {
    #[derive(Deserialize)]
    struct Hello {
        room: String,
    }
    let connect = async |Query(hello): Query<Hello>, headers: Headers| {
        let accept = Accept::user("u").tenant(hello.room);
        match headers.get("sec-websocket-protocol") {
            Some(offer) => accept.subprotocol(offer),
            None => accept,
        }
    };
    let end = async |publish: Publisher| publish.own_tenant().close().await.map(drop);
    let app = App::new().connect(connect).route("end", end).default_route(say);
    let kit = Kit::new(app);
    let bob = kit.client("bob").query("room=1").connect().await.unwrap();
    let ana = kit.client("ana").query("room=1").subprotocols(&["v2"]).connect().await.unwrap();
    assert!(kit.client("eve").connect().await.is_err());
    let other = kit.connect("room=1").await.unwrap();
    kit.clock().advance(std::time::Duration::from_secs(60));
    ana.send("two\nlines").await;
    assert_eq!(ana.received().len(), 2, "taken frames stay in the conversation");
    other.drop_connection();
    bob.close_with(4000, "enough").await;
    ana.send(r#"{"action":"end"}"#).await;
    ana.send("not received").await;
    kit.conversation()
}

#[tokio::test]
async fn a_conversation_is_the_same_each_time() {
    let first = run().await;
    assert_eq!(
        first,
        r#"bob connects ?room=1
bob is accepted (101)
ana connects ?room=1
ana is accepted (101, v2)
eve connects
eve is refused (400)
client 4 connects ?room=1
client 4 is accepted (101)
ana -> two\nlines
bob <- {"at":<time>,"exact":"<time>","from":"ana","not a time":[1.5,7,1600000000000],"room":"1","since":<time>,"text":"two\nlines"}
ana <- {"at":<time>,"exact":"<time>","from":"ana","not a time":[1.5,7,1600000000000],"room":"1","since":<time>,"text":"two\nlines"}
ana <- {"message":"<id>","request":"<id>"}
client 4 <- {"at":<time>,"exact":"<time>","from":"ana","not a time":[1.5,7,1600000000000],"room":"1","since":<time>,"text":"two\nlines"}
client 4 is lost (1006)
bob closes (4000)
ana -> {"action":"end"}
ana is closed by the app (1000)
"#
    );
    assert_eq!(run().await, first);
}

#[tokio::test]
async fn a_conversation_has_the_frames_of_two_way_routes_and_of_the_gateway() {
    let app = App::new().two_way().route("ask", async || Reply::new(200).with_body("answer"));
    let kit = Kit::new(app);
    let ana = kit.client("ana").connect().await.unwrap();
    ana.send(r#"{"action":"ask"}"#).await;
    ana.send("nowhere").await;
    let expected = r#"ana connects
ana is accepted (101)
ana -> {"action":"ask"}
ana <- answer
ana -> nowhere
ana <- {"message": "Forbidden", "connectionId":"ana", "requestId":"<id>"}
"#;
    assert_eq!(kit.conversation(), expected);
}

/// A count answers from what the lists have, so with the lag on it misses the newest change, also a removal.
#[tokio::test]
async fn lists_and_counts_lag_as_long_as_the_test_says() {
    let connect = async |Query(name): Query<BTreeMap<String, String>>| {
        Accept::user(name["name"].clone()).tenant("lotus")
    };
    let count = async |publish: Publisher| -> Result<String, Error> {
        Ok(publish.own_tenant().count().await?.to_string())
    };
    let send = async |publish: Publisher| publish.own_tenant().text("tea").await.map(drop);
    let kit = Kit::new(App::new().connect(connect).route("count", count).route("send", send));
    let ana = kit.connect("name=ana").await.unwrap();
    let cleo = kit.connect("name=cleo").await.unwrap();
    kit.set_lists_lag(true);
    let bob = kit.connect("name=bob").await.unwrap();
    cleo.close().await;
    ana.send(r#"{"action":"count"}"#).await;
    ana.send(r#"{"action":"send"}"#).await;
    assert_eq!(ana.received(), ["2", "tea"], "cleo is still counted, bob is not");
    assert_eq!(bob.received(), [""; 0]);
    kit.set_lists_lag(false);
    ana.send(r#"{"action":"send"}"#).await;
    ana.clear();
    ana.send(r#"{"action":"count"}"#).await;
    assert_eq!(ana.received(), ["2"], "the frame before `clear` is gone");
    assert_eq!(bob.received(), ["tea"]);
}
