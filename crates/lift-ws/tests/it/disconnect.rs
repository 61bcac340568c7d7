//! `$disconnect`: the tombstone first, then the handler, at most once.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use lift_ws::{
    Accept, App, Connection, Error, Publisher, Query, UserId,
    extract::Disconnected,
    store::{ListKey, MemoryStore, Part, Store},
    test::{Kit, Operation, RecordingStore},
};

#[tokio::test]
async fn the_handler_gets_the_connection_and_the_reason_after_the_tombstone() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let store = MemoryStore::new();
    let on_disconnect = {
        let (seen, store) = (seen.clone(), store.clone());
        move |who: Connection, why: Disconnected| {
            let (seen, store) = (seen.clone(), store.clone());
            async move {
                let of = ListKey::Tenant("general".into());
                let stored = store.page(&of, Part::whole(0), None).await.unwrap().members.len();
                let user = who.user().unwrap();
                let line = format!("{user} {:?} {:?} {stored}", why.code, why.reason);
                seen.lock().unwrap().push(line);
            }
        }
    };
    let connect = async || Accept::user("ana").tenant("general");
    let app = App::new().connect(connect).disconnect(on_disconnect);
    let kit = Kit::with_store(app, Arc::new(store));
    kit.connect("").await.unwrap().close_with(1001, "Going away").await;
    assert_eq!(*seen.lock().unwrap(), [r#"ana Some(1001) "Going away" 0"#]);
}

#[tokio::test]
async fn duplicate_or_unknown_disconnects_run_no_handler() {
    let runs = Arc::new(AtomicUsize::new(0));
    let store = RecordingStore::default();
    let on_disconnect = {
        let runs = runs.clone();
        move || {
            runs.fetch_add(1, Ordering::Relaxed);
            async {}
        }
    };
    let kit = Kit::with_store(App::new().disconnect(on_disconnect), Arc::new(store.clone()));
    let ana = kit.connect("").await.unwrap();
    let again = ana.disconnect_payload();
    ana.close().await;
    for _ in 0..3 {
        kit.invoke(again.clone()).await.unwrap();
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    let unknown = include_str!("../../../lift-event/fixtures/disconnect-idle.json");
    kit.invoke(unknown).await.unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 1, "an unknown connection runs no handler");
    let mut expected = vec![Operation::Save];
    expected.extend([Operation::Remove; 5]);
    assert_eq!(store.operations(), expected, "one write for each event, and no read");
}

#[tokio::test]
async fn a_connect_after_its_own_disconnect_is_refused() {
    let kit = Kit::new(App::new());
    let idle = include_str!("../../../lift-event/fixtures/disconnect-idle.json");
    kit.invoke(idle).await.unwrap();
    let connect = include_str!("../../../lift-event/fixtures/connect-2020-style-nulls.json");
    let reply = kit.invoke(connect).await.unwrap();
    assert!(!reply.is_success(), "its tombstone is stored");
}

#[tokio::test]
async fn a_message_in_the_disconnect_handler_reaches_only_the_other_clients() {
    let on_disconnect = async |publish: Publisher| -> Result<(), Error> {
        let report = publish.own_tenant().text("left").await?;
        assert_eq!((report.counts.sent, report.total()), (1, 1));
        Ok(())
    };
    let app =
        App::new().connect(async || Accept::user("u").tenant("general")).disconnect(on_disconnect);
    let kit = Kit::new(app);
    let ana = kit.connect("").await.unwrap();
    let bob = kit.connect("").await.unwrap();
    bob.close().await;
    assert_eq!(ana.received(), ["left"]);
}

#[tokio::test]
async fn a_connection_that_the_app_closes_gets_a_disconnect_event() {
    let on_disconnect = async |who: UserId, publish: Publisher| -> Result<(), Error> {
        publish.own_tenant().text(format!("{who} left")).await?;
        Ok(())
    };
    let kick = async |publish: Publisher| -> Result<(), Error> {
        publish.user("bob").close().await?;
        Ok(())
    };
    let connect = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user(query["user"].clone()).tenant("general")
    };
    let app = App::new().connect(connect).disconnect(on_disconnect).route("kick", kick);
    let kit = Kit::new(app);
    let ana = kit.connect("user=ana").await.unwrap();
    let bob = kit.connect("user=bob").await.unwrap();
    ana.send(r#"{"action":"kick"}"#).await;
    assert_eq!((ana.is_open(), bob.is_open()), (true, false));
    bob.send(r#"{"action":"kick"}"#).await;
    bob.close().await;
    assert_eq!(ana.received(), ["bob left"], "once");
}
