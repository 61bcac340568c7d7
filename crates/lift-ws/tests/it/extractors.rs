//! Extractors: each with valid and invalid input, and several together.

use std::{collections::HashMap, sync::Arc, time::Duration};

use garde::Validate;
use lift_ws::{
    Accept, App, Call, Connection, Error, Headers, Json, Publisher, Query, Refuse, State, Text,
    Valid,
    event::Event,
    extract::{
        Attributes, Authorizer, Bytes, ClientInfo, Deadline, Disconnected, FromCall, RequestInfo,
        Stage, StageVariables,
    },
    kind::{CallKind, Message},
    test::{Kit, Operation, RecordingStore},
};
use serde::Deserialize;
use serde_json::{Value, json};

const CONTEXT: &str = include_str!("../../../lift-event/fixtures/message-authorizer-context.json");
const BASE64: &str = include_str!("../../../lift-event/fixtures/message-base64-body.json");
const PLAIN: &str = include_str!("../../../lift-event/fixtures/message-default-plain-text.json");
const CONNECT: &str = include_str!("../../../lift-event/fixtures/connect-browser-14-headers.json");
const NULLS: &str = include_str!("../../../lift-event/fixtures/connect-2020-style-nulls.json");

/// Returns the reply of a message handler to an event.
async fn reply_to(app: App, payload: impl Into<Bytes>) -> String {
    let reply = Kit::new(app.two_way()).invoke(payload).await.unwrap();
    String::from_utf8(reply.into_body().unwrap_or_default()).unwrap()
}

/// Returns the text that the `$connect` handler made from the handshake and stored as the user's name.
async fn user_from_handshake(app: App, query: &str, headers: &[(&str, &str)]) -> String {
    let app = app.default_route(async |who: Connection| who.user().unwrap().to_string());
    let ana = Kit::new(app).connect_with_headers(query, headers).await.unwrap();
    ana.send("who").await;
    ana.received().remove(0)
}

/// An event with a field of its `requestContext` replaced.
fn with_context(payload: &str, field: &str, value: Value) -> String {
    let mut event: Value = serde_json::from_str(payload).unwrap();
    event["requestContext"][field] = value;
    event.to_string()
}

fn cause(error: &Error) -> String {
    assert_eq!((error.code(), error.message()), ("internal_error", "Internal error"));
    error.cause().unwrap().to_string()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
    Blue,
}

#[derive(Debug, Deserialize)]
struct Hello {
    name: String,
    age: Option<u8>,
    color: Option<Color>,
    #[serde(default)]
    loud: bool,
    #[serde(default)]
    topic: Vec<u32>,
}

#[tokio::test]
async fn query_parameters_are_parsed_into_types() {
    let user_from = async |query: &str| {
        let connect = async |query: Result<Query<Hello>, Error>| match query {
            Ok(Query(Hello { name, age, color, loud, topic })) => {
                Accept::user(format!("{name} {age:?} {color:?} {loud} {topic:?}"))
            }
            Err(error) => Accept::user(error.to_string()),
        };
        user_from_handshake(App::new().connect(connect), query, &[]).await
    };
    for (query, expected) in [
        ("name=ana", "ana None None false []"),
        ("name=J%C3%BCrgen+%26+co&utm=1&utm=2", "Jürgen & co None None false []"),
        (
            "topic=7&name=ana&age=30&color=blue&loud=true&topic=9",
            "ana Some(30) Some(Blue) true [7, 9]",
        ),
        ("", "invalid_query: missing field `name`"),
        ("name=ana&age=300", "invalid_query: `age`: expected u8"),
        ("name=ana&age=", "invalid_query: `age`: expected u8"),
        ("name=ana&loud=yes", "invalid_query: `loud`: expected a boolean"),
        ("name=ana&color=SECRET", "invalid_query: `color`: expected one of `red`, `blue`"),
        ("name=ana&topic=7&topic=SECRET", "invalid_query: `topic`: expected u32"),
        ("name=ana&name=bob", "invalid_query: `name`: is there more than once"),
    ] {
        assert_eq!(user_from(query).await, expected);
    }
}

#[tokio::test]
async fn a_query_can_be_a_map_and_invalid_values_are_refused() {
    let app = || {
        App::new().connect(async |Query(all): Query<HashMap<String, i64>>| {
            Accept::user(all.values().sum::<i64>().to_string())
        })
    };
    assert_eq!(user_from_handshake(app(), "a=2&b=-5", &[]).await, "-3");
    assert_eq!(Kit::new(app()).connect("a=x").await.expect_err("is refused").status, 400);
}

#[tokio::test]
async fn headers_are_found_in_any_case_and_keep_all_values() {
    let connect = async |headers: Headers| {
        let all: Vec<_> = headers.get_all("x-tag").collect();
        let absent = headers.get("x-absent");
        let shown = format!("{headers:?}");
        assert!(shown.contains("Cookie") && !shown.contains("SECRET"), "{shown}");
        assert!(headers.iter().any(|pair| pair == ("Cookie", "SECRET")));
        Accept::user(format!("{:?} {all:?} {absent:?}", headers.get("X-TAG")))
    };
    let sent = [("X-Tag", "a"), ("Cookie", "SECRET"), ("X-Tag", "ü"), ("X-Empty", "")];
    assert_eq!(
        user_from_handshake(App::new().connect(connect), "", &sent).await,
        r#"Some("ü") ["a", "ü"] None"#
    );
    let connect = async |headers: Headers| match headers.iter().count() {
        14 if headers.get("origin") == Some("https://app.example.com") => Ok(Accept::anonymous()),
        count => Err(Refuse::bad_request(format!("{count} headers"))),
    };
    let reply = Kit::new(App::new().connect(connect)).invoke(CONNECT).await.unwrap();
    assert!(reply.is_success());
    let invalid = CONNECT.replace(r#"["13"]"#, "[13]");
    let reply = Kit::new(App::new().connect(connect)).invoke(invalid).await.unwrap();
    assert_eq!(reply.status(), 500, "not an error of the client");
}

#[tokio::test]
async fn bodies_are_text_or_bytes() {
    let bytes = || App::new().default_route(async |body: Bytes| format!("{body:?}"));
    assert_eq!(reply_to(bytes(), BASE64).await, r#"b"hello world""#);
    assert_eq!(reply_to(bytes(), PLAIN).await, r#"b"hello""#);
    let raw = BASE64.replace("aGVsbG8gd29ybGQ=", "/w==");
    assert_eq!(reply_to(bytes(), raw.clone()).await, r#"b"\xff""#);
    let text = App::new().default_route(async |Text(text): Text| text);
    assert!(reply_to(text, raw).await.contains("the message is not UTF-8 text"));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Player {
    principal_id: String,
    integration_latency: u64,
    tier: String,
    level: u32,
    beta: bool,
    #[serde(default)]
    guild: Option<String>,
}

#[tokio::test]
async fn the_authorizers_context_is_parsed_into_types_from_text_or_values() {
    let player = async |Authorizer(player): Authorizer<Player>| {
        let Player { principal_id, integration_latency, tier, level, beta, guild } = player;
        format!("{principal_id} {integration_latency} {tier} {level} {beta} {guild:?}")
    };
    let app = || App::new().route("move", player);
    assert_eq!(reply_to(app(), CONTEXT).await, "player-42 31 gold 7 true None");
    let context = json!({
        "principalId": 42, "integrationLatency": "31", "tier": "gold", "level": "7",
        "beta": "true", "guild": null,
    });
    let stringified = with_context(CONTEXT, "authorizer", context);
    assert_eq!(reply_to(app(), stringified).await, "42 31 gold 7 true None");
    let all = async |Authorizer(all): Authorizer<HashMap<String, String>>| all["level"].clone();
    assert_eq!(reply_to(App::new().route("move", all), CONTEXT).await, "7");
}

#[tokio::test]
async fn a_missing_or_invalid_authorizer_context_is_an_internal_error() {
    let fails = async |player: Result<Authorizer<Player>, Error>| {
        let error = player.map(|_| ()).expect_err("there is no such player");
        format!("{}: {}", error, error.cause().unwrap())
    };
    let app = || App::new().route("move", fails).default_route(fails);
    let absent = reply_to(app(), PLAIN).await;
    assert!(absent.starts_with("no_authorizer: No authorizer has checked"), "{absent}");
    assert!(absent.ends_with("attach a Lambda authorizer to `$connect`"), "{absent}");
    for (context, error) in [
        (json!({}), "missing field `principalId`"),
        (json!({"level": "SECRET"}), "`level`: expected u32"),
    ] {
        let reply = reply_to(app(), with_context(CONTEXT, "authorizer", context)).await;
        assert!(reply.ends_with(&format!("the authorizer's context: {error}")), "{reply}");
    }
    let connect = async |_: Authorizer<Player>| Accept::anonymous();
    let kit = Kit::new(App::new().connect(connect));
    assert_eq!(kit.invoke(NULLS).await.unwrap().status(), 500, "null is absent");
    let refused = kit.connect("").await.expect_err("no authorizer");
    assert_eq!(refused.status, 500);
}

#[tokio::test]
async fn the_stage_and_its_variables_are_extracted() {
    #[derive(Debug, Deserialize)]
    struct Variables {
        table: Option<String>,
        #[serde(default)]
        beta: bool,
    }
    let show = async |stage: Stage, StageVariables(all): StageVariables<Variables>| {
        format!("{stage} {:?} {}", all.table, all.beta)
    };
    let app = || App::new().route("move", show).default_route(show);
    assert_eq!(reply_to(app(), CONTEXT).await, r#"prod Some("connections") false"#);
    assert_eq!(reply_to(app(), PLAIN).await, "prod None false", "a stage without variables");
    let fails = async |all: Result<StageVariables<HashMap<String, u8>>, Error>| {
        cause(&all.map(|_| ()).expect_err("`table` is no number"))
    };
    let reply = reply_to(App::new().route("move", fails), CONTEXT).await;
    assert_eq!(reply, "the stage's variables: `table`: expected u8");
}

#[tokio::test]
async fn request_info_and_client_info_are_extracted() {
    let show = async |info: RequestInfo| {
        json!([
            [info.request_id(), info.message_id(), info.route_key()],
            [info.stage(), info.api_id()],
            [info.connected_at(), info.time()],
        ])
        .to_string()
    };
    let expected = json!([
        ["Vq9E2HWsDoEFk3g=", "Vq9E2fkzjoECGrg=", "$default"],
        ["prod", "k3v9example"],
        [1_795_252_524_410_u64, 1_795_252_562_090_u64],
    ]);
    assert_eq!(reply_to(App::new().default_route(show), PLAIN).await, expected.to_string());

    let who = async |who: ClientInfo| format!("{:?} {:?}", who.source_ip, who.user_agent);
    let app = || App::new().default_route(who);
    assert_eq!(reply_to(app(), PLAIN).await, "Some(203.0.113.77) None");
    let invalid = json!({"sourceIp": "test-invoke", "userAgent": "curl"});
    let invalid = with_context(PLAIN, "identity", invalid);
    assert_eq!(reply_to(app(), invalid).await, r#"None Some("curl")"#);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_counts_down_to_zero() {
    let left = async |deadline: Deadline| {
        let before = deadline.left();
        tokio::time::sleep(Duration::from_secs(9)).await;
        let past = Deadline::new(tokio::time::Instant::now() - Duration::from_secs(1));
        format!("{before:?} {:?} {:?}", deadline.left(), past.left())
    };
    assert_eq!(reply_to(App::new().default_route(left), PLAIN).await, "29s 20s 0ns");
}

#[derive(Deserialize, Validate)]
struct Draw {
    #[garde(length(min = 1, max = 5))]
    layer: String,
    #[garde(dive, length(max = 2))]
    points: Vec<Point>,
}

#[derive(Deserialize, Validate)]
struct Point {
    #[garde(range(max = 100))]
    x: u32,
}

#[tokio::test]
async fn valid_checks_the_rules_of_the_type() {
    let draw = async |Valid(draw): Valid<Draw>| format!("{} {}", draw.layer, draw.points[0].x);
    let kit = Kit::new(App::new().route("draw", draw));
    let ana = kit.connect("").await.unwrap();
    let good = json!({"action": "draw", "layer": "top", "points": [{"x": 3}]});
    ana.send_json(&good).await;
    assert_eq!(ana.received(), ["top 3"]);
    for (layer, points, message) in [
        (json!(""), json!([]), "`layer`: length is lower than 1"),
        (json!("SECRET"), json!([]), "`layer`: length is greater than 5"),
        (json!("top"), json!([{"x": 1}, {"x": 777}]), "`points[1].x`: greater than 100"),
        (
            json!(""),
            json!([{"x": 777}]),
            "`layer`: length is lower than 1; `points[0].x`: greater than 100",
        ),
        (
            json!("top"),
            json!([{"x": -1}]),
            "`points[0].x`: invalid value: integer `-1`, expected u32",
        ),
    ] {
        ana.send_json(&json!({"action": "draw", "layer": layer, "points": points})).await;
        let frame = json!({"type": "error", "code": "invalid_payload", "message": message});
        assert_eq!(ana.received_json(), [frame]);
    }
    let many: Vec<_> = (0..100).map(|_| json!({"x": 777})).collect();
    ana.send_json(&json!({"action": "draw", "layer": "", "points": many})).await;
    assert_eq!(ana.received_json()[0]["message"].as_str().unwrap().chars().count(), 200);
}

#[tokio::test]
async fn attributes_cost_one_read_and_need_a_connection() {
    let store = RecordingStore::default();
    let connect = async || Accept::anonymous().attributes("gold");
    let tier = async |Attributes(tier): Attributes<Option<String>>| format!("{tier:?}");
    let app = App::new().connect(connect).default_route(tier);
    let kit = Kit::with_store(app, Arc::new(store.clone()));
    let ana = kit.connect("").await.unwrap();
    ana.send("tier").await;
    assert_eq!(ana.received(), [r#"Some("gold")"#]);
    assert_eq!(store.operations(), [Operation::Save, Operation::GetConsistent]);
    kit.invoke(ana.disconnect_payload()).await.unwrap();
    ana.send("tier").await;
    assert_eq!(ana.received_json()[0]["code"], "not_connected");
}

#[tokio::test]
async fn extractors_work_in_any_order_and_up_to_eight() {
    let one = async |Text(text): Text, who: Connection, Json(body): Json<Value>, event: Event| {
        format!("{} {} {} {}", text.len(), who.id(), body["n"], event.route_key())
    };
    let eight = async |event: Event,
                       Json(body): Json<Value>,
                       _: Publisher,
                       State(unit): State<()>,
                       (Text(text), info): (Text, RequestInfo),
                       who: Connection,
                       deadline: Deadline,
                       call: Call| {
        assert_eq!((unit, deadline.instant()), ((), call.deadline()));
        format!("{} {} {} {} {}", text.len(), who.id(), body["n"], event.route_key(), info.stage())
    };
    let kit = Kit::new(App::new().route("one", one).route("eight", eight));
    let ana = kit.connect("").await.unwrap();
    ana.send(r#"{"action":"one","n":1}"#).await;
    ana.send(r#"{"action":"eight","n":8}"#).await;
    let id = ana.id();
    assert_eq!(ana.received(), [format!("22 {id} 1 one"), format!("24 {id} 8 eight test")]);
}

#[tokio::test]
async fn the_first_failing_extractor_decides_the_error() {
    let handler = async |_: Json<u32>, _: Authorizer<Player>| "never";
    let frame: Value =
        serde_json::from_str(&reply_to(App::new().default_route(handler), PLAIN).await).unwrap();
    assert_eq!(frame["code"], "invalid_payload");
}

/// An extractor of an app: it uses another extractor, works only for messages, and has its own error.
struct Member(String);

impl<S: Sync> FromCall<Message, S> for Member {
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        let who = <Connection as FromCall<Message, S>>::from_call(call, state).await?;
        match who.user() {
            Some(user) => Ok(Self(user.to_string())),
            None => Err(Error::new("sign_in", "Sign in first")),
        }
    }
}

/// An extractor of an app for every kind of call.
struct RouteKey(String);

impl<K: CallKind, S: Sync> FromCall<K, S> for RouteKey {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self(call.event().route_key().to_owned()))
    }
}

#[tokio::test]
async fn apps_can_have_their_own_extractors() {
    let connect = async |Query(query): Query<HashMap<String, String>>, RouteKey(key): RouteKey| {
        assert_eq!(key, "$connect");
        query.get("name").map_or_else(Accept::anonymous, |name| Accept::user(name.as_str()))
    };
    let say = async |Member(name): Member, RouteKey(key): RouteKey| format!("{name} {key}");
    let left = async |RouteKey(key): RouteKey, why: Disconnected| {
        assert_eq!((key.as_str(), why.code), ("$disconnect", Some(1005)));
    };
    let kit = Kit::new(App::new().connect(connect).default_route(say).disconnect(left));
    let ana = kit.connect("name=ana").await.unwrap();
    let anonymous = kit.connect("").await.unwrap();
    ana.send("hi").await;
    anonymous.send("hi").await;
    assert_eq!(ana.received(), ["ana $default"]);
    assert_eq!(anonymous.received_json()[0]["code"], "sign_in");
    ana.close().await;
}
