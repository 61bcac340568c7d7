//! `$connect`: a handshake is accepted only if the handler accepts it and all steps succeed.

use std::{sync::Arc, time::Duration};

use lift_ws::{
    Accept, App, Call, Connection, Error, Publisher, Query, Refuse, Reply, UserId,
    extract::{Attributes, Authorizer, Subprotocols},
    layer::{Next, from_fn},
    service::Invocation,
    store::{ListKey, MemoryStore, Part, Store, StoreError},
    test::{Handshake, Kit, Operation, RecordingPush, RecordingStore, Refused},
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

#[derive(Deserialize)]
struct Hello {
    name: String,
}

async fn hello(Query(hello): Query<Hello>) -> Accept {
    Accept::user(hello.name).tenant("general")
}

async fn stored(store: &dyn Store) -> usize {
    let of = ListKey::Tenant("general".into());
    store.page(&of, Part::whole(0), None).await.unwrap().members.len()
}

#[tokio::test]
async fn a_connection_is_stored_before_its_handshake_is_accepted() {
    let store = MemoryStore::new();
    let kit = Kit::with_store(App::new().connect(hello), Arc::new(store.clone()));
    let ana = kit.connect("name=ana").await.unwrap();
    assert_eq!(stored(&store).await, 1);
    ana.close().await;
    assert_eq!(stored(&store).await, 0);
}

#[tokio::test]
async fn an_app_without_handlers_accepts_and_stores_connections() {
    let store = RecordingStore::default();
    let kit = Kit::with_store(App::new(), Arc::new(store.clone()));
    kit.connect("").await.unwrap().close().await;
    assert_eq!(store.operations(), [Operation::Save, Operation::Remove]);
}

#[tokio::test]
async fn every_failure_refuses_and_leaves_no_row() {
    let store = MemoryStore::new();
    let status = async |app: App| {
        let kit = Kit::with_store(app, Arc::new(store.clone()));
        kit.connect("name=ana").await.expect_err("is refused").status
    };
    let refuse = |status| move || async move { Err::<Accept, _>(Refuse::new(status, "no")) };
    assert_eq!(status(App::new().connect(refuse(401))).await, 401);
    assert_eq!(status(App::new().connect(refuse(429))).await, 429);
    assert_eq!(
        status(App::new().connect(refuse(200))).await,
        500,
        "a refusal with 200 does not accept"
    );
    let fails = async || -> Result<Accept, Refuse> { Err(std::io::Error::other("SECRET"))? };
    assert_eq!(status(App::new().connect(fails)).await, 500);
    let panics = async || -> Accept { panic!("SECRET") };
    assert_eq!(status(App::new().connect(panics)).await, 500);
    let needs_more = async |_: Query<std::collections::HashMap<String, u32>>| Accept::anonymous();
    assert_eq!(status(App::new().connect(needs_more)).await, 400, "a rejection refuses");
    let empty = async || Accept::user("").tenant("general");
    assert_eq!(status(App::new().connect(empty)).await, 500, "an empty user cannot be stored");
    let unsafe_text = async || Accept::user("ana\r\nroot\u{9b}2J").tenant("general");
    assert_eq!(status(App::new().connect(unsafe_text)).await, 500, "it could fake a line");
    let unsafe_text = async || Accept::user("ana").tenant("general\u{202e}");
    assert_eq!(
        status(App::new().connect(unsafe_text)).await,
        500,
        "it could pass as another tenant"
    );
    let connected = async || -> Result<(), Error> { Err(Error::new("no", "no")) };
    assert_eq!(status(App::new().connect(hello).on_connected(connected)).await, 400);
    let panics = async || -> Result<(), Error> { panic!("SECRET") };
    assert_eq!(status(App::new().connect(hello).on_connected(panics)).await, 500);
    assert_eq!(stored(&store).await, 0, "each saved row has a tombstone");
}

#[tokio::test]
async fn a_failed_save_refuses_the_handshake() {
    let store = RecordingStore::default();
    store.set_fault(|_| Some(StoreError::failed("SECRET table")));
    let kit = Kit::with_store(App::new().connect(hello), Arc::new(store));
    assert_eq!(kit.connect("name=ana").await.expect_err("is refused").status, 500);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_connect_handler_refuses_before_the_timeout() {
    let hangs = async || -> Accept { std::future::pending().await };
    let kit = Kit::new(App::new().connect(hangs));
    assert_eq!(kit.connect("").await.expect_err("is refused").status, 504);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_on_connected_handler_refuses_and_leaves_no_row() {
    let store = MemoryStore::new();
    let hangs = async || std::future::pending::<()>().await;
    let kit =
        Kit::with_store(App::new().connect(hello).on_connected(hangs), Arc::new(store.clone()));
    assert_eq!(kit.connect("name=ana").await.expect_err("is refused").status, 504);
    assert_eq!(stored(&store).await, 0);
}

#[tokio::test]
async fn a_layer_can_refuse_but_not_accept() {
    let store = MemoryStore::new();
    let reply_with = |status| from_fn(move |_: Call, _: Next| async move { Reply::new(status) });
    for (replied, status) in [(403, 403), (200, 500), (204, 500)] {
        let app = App::new().connect(hello).layer(reply_with(replied));
        let kit = Kit::with_store(app, Arc::new(store.clone()));
        assert_eq!(kit.connect("name=ana").await.expect_err("is refused").status, status);
    }
    let fail_after = from_fn(async |call: Call, next: Next| {
        next.run(call).await;
        Reply::new(503)
    });
    let app = App::new().connect(hello).layer(fail_after);
    let kit = Kit::with_store(app, Arc::new(store.clone()));
    assert_eq!(kit.connect("name=ana").await.expect_err("is refused").status, 503);
    assert_eq!(stored(&store).await, 0, "a refused connection leaves no row");
}

#[tokio::test]
async fn a_subprotocol_is_echoed_only_if_it_was_offered() {
    let kit = Kit::new(App::new().connect(async || Accept::anonymous().subprotocol("chat.v2")));
    let offers = [("sec-websocket-protocol", "chat.v1, chat.v2")];
    let ana = kit.connect_with_headers("", &offers).await.unwrap();
    assert_eq!(ana.subprotocol(), Some("chat.v2"));
    assert_eq!(kit.connect("").await.expect_err("was not offered").status, 500);
    let other = kit.client("bob").subprotocols(&["chat.v22", "CHAT.V2"]).connect().await;
    assert_eq!(other.expect_err("was not offered").status, 500);
}

#[tokio::test]
async fn offered_subprotocols_of_all_headers_are_one_list() {
    let connect = async |offers: Subprotocols| {
        let chosen = offers.first_of(&["v2", "v1"]);
        let offers: Vec<&str> = offers.iter().collect();
        let accept = Accept::user(format!("{offers:?}"));
        match chosen {
            Some(chosen) => accept.subprotocol(chosen),
            None => accept,
        }
    };
    let app =
        App::new().connect(connect).default_route(async |who: UserId| who.as_str().to_owned());
    let kit = Kit::new(app);
    for (headers, offers, chosen) in [
        (&["v1, v2"][..], r#"["v1", "v2"]"#, Some("v2")),
        (&[" v0 ,v1,,", "v3"], r#"["v0", "v1", "v3"]"#, Some("v1")),
        (&["V2"], r#"["V2"]"#, None),
        (&[""], "[]", None),
        (&[], "[]", None),
    ] {
        let add =
            |client: Handshake, offers: &&str| client.header("SEC-WebSocket-Protocol", offers);
        let ana = headers.iter().fold(kit.client("ana"), add).connect().await.unwrap();
        ana.send("offers").await;
        assert_eq!(ana.received(), [offers]);
        assert_eq!(ana.subprotocol(), chosen, "{headers:?}");
    }
}

#[tokio::test]
async fn an_apps_first_offered_subprotocol_is_chosen_unless_the_handler_chose_one() {
    let app = || App::new().subprotocols(&["v2", "v1"]);
    let of = async |app: App, offers: &[&str]| {
        let ana = Kit::new(app).client("ana").subprotocols(offers).connect().await?;
        Ok::<_, Refused>(ana.subprotocol().map(str::to_owned))
    };
    assert_eq!(of(app(), &["v1", "v2"]).await.unwrap().as_deref(), Some("v2"));
    assert_eq!(of(app(), &["v3"]).await.unwrap(), None);
    assert_eq!(of(App::new().merge(app()), &["v1"]).await.unwrap().as_deref(), Some("v1"));
    let connect = async || Accept::anonymous().subprotocol("v3");
    assert_eq!(of(app().connect(connect), &["v1", "v3"]).await.unwrap().as_deref(), Some("v3"));
    assert_eq!(of(app().connect(connect), &["v1"]).await.unwrap_err().status, 500);
    assert_eq!(app().describe().settings.subprotocols, ["v2", "v1"]);
}

#[tokio::test]
async fn attributes_are_stored_and_read_on_request() {
    let connect = async || Accept::user("ana").attributes(("gold", 7));
    let read =
        async |Attributes((tier, seats)): Attributes<(String, u32)>| format!("{tier} {seats}");
    let kit = Kit::new(App::new().connect(connect).default_route(read));
    let ana = kit.connect("").await.unwrap();
    ana.send("read").await;
    assert_eq!(ana.received(), ["gold 7"]);
    let large = async || Accept::anonymous().attributes("x".repeat(5000));
    let refused = Kit::new(App::new().connect(large)).connect("").await;
    assert_eq!(refused.expect_err("is over 4 KB").status, 500);
}

#[tokio::test]
async fn a_new_client_gets_no_message_before_it_is_accepted() {
    let greet = async |who: Connection, publish: Publisher| -> Result<(), Error> {
        let error = publish.sender().text("welcome").await.expect_err("it is still connecting");
        assert!(error.is_connecting());
        assert!(error.to_string().contains("still connecting"));
        let report = publish.own_tenant().text(who.user().unwrap().as_str()).await?;
        assert_eq!(report.total(), report.counts.sent, "the new client is not counted");
        Ok(())
    };
    let kit = Kit::new(App::new().connect(hello).on_connected(greet));
    let ana = kit.connect("name=ana").await.unwrap();
    let bob = kit.connect("name=bob").await.unwrap();
    assert_eq!(ana.received(), ["bob"]);
    assert_eq!(bob.received(), [] as [&str; 0]);
}

#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    shop: String,
}

fn by_claims(claims: Claims) -> Accept {
    Accept::user(claims.sub).tenant(claims.shop)
}

#[tokio::test]
async fn the_identity_from_the_authorizer_needs_no_read() {
    let store = RecordingStore::default();
    let kit =
        Kit::with_store(App::new().identity_from_authorizer(by_claims), Arc::new(store.clone()));
    let ana = kit.client("ana").authorizer(json!({"sub": "ana", "shop": "lotus"}));
    let ana = ana.connect().await.expect("accepted");
    assert_eq!(store.operations(), [Operation::Save]);
    let of = ListKey::Tenant("lotus".into());
    let stored = store.page(&of, Part::whole(0), None).await.expect("a page").members;
    assert_eq!((&stored[0].id, &stored[0].user), (ana.id(), &Some("ana".into())));
}

#[tokio::test]
async fn an_identity_from_the_authorizer_needs_no_read_in_another_process() {
    #[derive(serde::Deserialize)]
    struct Principal {
        #[serde(rename = "principalId")]
        id: String,
    }
    let who = async |who: Connection, _: Publisher| who.user().expect("a user").to_string();
    let app =
        App::new().identity_from_authorizer(|principal: Principal| Accept::user(principal.id));
    let app = app.default_route(who);
    let store = RecordingStore::default();
    let push = Arc::new(RecordingPush::new());
    let service = app.two_way().into_service(Arc::new(store.clone()), push);
    let payload = include_str!("../../../lift-event/fixtures/message-authorizer-context.json");
    let deadline = Instant::now() + Duration::from_secs(29);
    let reply = service.call(Invocation::new(payload, deadline)).await;
    let reply: serde_json::Value = serde_json::from_slice(&reply.expect("an event")).expect("JSON");
    assert_eq!(reply["body"], "player-42");
    assert_eq!(store.operations(), []);
}

#[tokio::test]
async fn a_handler_cannot_accept_another_user_than_the_authorizers() {
    let other = App::new()
        .identity_from_authorizer(by_claims)
        .connect(async || Accept::user("eve").tenant("lotus"));
    let ana = Kit::new(other);
    let ana = ana.client("ana").authorizer(json!({"sub": "ana", "shop": "lotus"})).connect().await;
    assert_eq!(ana.expect_err("is refused").status, 500);
    let without_authorizer =
        Kit::new(App::new().identity_from_authorizer(by_claims)).connect("").await;
    assert_eq!(without_authorizer.expect_err("no authorizer").status, 500);
}

#[tokio::test]
async fn a_layer_that_extracts_the_connection_keeps_its_attributes_on_disconnect() {
    let extract_connection = from_fn(async |call: Call, next: Next| {
        let _ = call.extract::<Connection>().await;
        next.run(call).await
    });
    let stored = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = stored.clone();
    let record = async move |seats: u32| seen.lock().unwrap().push(seats);
    let app = App::new()
        .identity_from_authorizer(by_claims)
        .connect(async |Authorizer(claims): Authorizer<Claims>| by_claims(claims).attributes(7))
        .on_connected({
            let record = record.clone();
            move |Attributes(seats): Attributes<u32>| {
                let record = record.clone();
                async move { record(seats).await }
            }
        })
        .disconnect(move |Attributes(seats): Attributes<u32>| {
            let record = record.clone();
            async move { record(seats).await }
        })
        .layer(extract_connection);
    let kit = Kit::new(app);
    let ana = kit.client("ana").authorizer(json!({"sub": "ana", "shop": "lotus"}));
    ana.connect().await.expect("accepted").close().await;
    assert_eq!(*stored.lock().unwrap(), [7, 7]);
}
