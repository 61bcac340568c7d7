//! The targets of a send: ids, sources, groups and single connections, within the tenant unless asked.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt, ready};
use lift_ws::{
    Accept, App, Error, Publisher, Query, Text,
    extract::StoredConnection,
    publish::{Recipient, Source, SourcePage},
    store::{Item, Position, StoreError},
    test::{Kit, RecordingStore},
};

/// A source with two recipients on a page.
struct Watchers(Vec<Recipient>);

impl Source for Watchers {
    fn page<'a>(
        &'a self,
        after: Option<&'a Position>,
    ) -> BoxFuture<'a, Result<SourcePage, StoreError>> {
        let at = after.map_or(0, |after| after.as_str().parse().unwrap());
        let recipients = self.0[at..].iter().take(2).cloned().collect();
        let next = (at + 2 < self.0.len()).then(|| Position::new((at + 2).to_string()));
        ready(Ok(SourcePage::new(recipients, next))).boxed()
    }
}

#[tokio::test]
async fn ids_and_a_source_reach_only_the_tenant_except_with_across_tenants() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let to = async |publish: Publisher, Text(ids): Text| -> Result<String, Error> {
        let ids = || ids.split(' ').map(Recipient::from);
        let some = publish.connections(ids()).text("ids").await?;
        let source = publish.source(Watchers(ids().collect())).text("source").await?;
        let across = publish.across_tenants().source(Watchers(ids().collect()));
        let listed = publish.connections(ids()).count().await?;
        let all = across.text("across").await?;
        Ok(format!(
            "{} of {}, {} of {}, {} of {}, {listed}",
            some.counts.sent,
            some.total(),
            source.counts.sent,
            source.total(),
            all.counts.sent,
            all.total()
        ))
    };
    let kit = Kit::new(App::new().connect(connect_to).default_route(to));
    let ana = kit.connect("tenant=a").await.unwrap();
    let near = kit.connect("tenant=a").await.unwrap();
    let far = kit.connect("tenant=b").await.unwrap();
    ana.send(format!("{} {} never-there=", near.id(), far.id())).await;
    assert_eq!(ana.received(), ["1 of 3, 1 of 3, 2 of 3, 1"]);
    assert_eq!(near.received(), ["ids", "source", "across"]);
    assert_eq!(far.received(), ["across"]);
}

#[tokio::test]
async fn close_and_info_work_only_within_the_tenant() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let to = async |publish: Publisher, Text(id): Text| -> Result<String, Error> {
        Ok(match publish.info(id.as_str()).await {
            Ok(info) => {
                assert!(
                    info.connected_at.as_millis() > 0 && info.last_active_at >= info.connected_at
                );
                publish.close(id.as_str()).await?;
                publish.close(id.as_str()).await.expect_err("is closed").is_gone().to_string()
            }
            Err(error) => format!("gone: {}", error.is_gone()),
        })
    };
    let kit = Kit::new(App::new().connect(connect_to).default_route(to));
    let ana = kit.connect("tenant=a").await.unwrap();
    let near = kit.connect("tenant=a").await.unwrap();
    let far = kit.connect("tenant=b").await.unwrap();
    ana.send(far.id().as_str()).await;
    ana.send(near.id().as_str()).await;
    assert_eq!(ana.received(), ["gone: true", "true"]);
    assert_eq!(kit.push().closed(), [near.id().clone()]);
}

#[tokio::test]
async fn a_group_of_the_tenant_is_reached() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let tea = async |publish: Publisher| -> Result<(), Error> {
        publish.group("tea").text("tea is ready").await?;
        Ok(())
    };
    let join = async |who: StoredConnection| who.put_item(&Item::in_group("tea")).await;
    let app = App::new().connect(connect_to).route("join", join).route("tea", tea);
    let kit = Kit::new(app);
    let [ana, bob, eve] = ["a", "a", "b"].map(|tenant| format!("tenant={tenant}"));
    let [ana, bob, eve] =
        [kit.connect(&ana).await, kit.connect(&bob).await, kit.connect(&eve).await]
            .map(Result::unwrap);
    for client in [&bob, &eve] {
        client.send(r#"{"action":"join"}"#).await;
    }
    ana.send(r#"{"action":"tea"}"#).await;
    assert_eq!(bob.received(), ["tea is ready"]);
    assert!(ana.received().is_empty() && eve.received().is_empty());
}

#[tokio::test]
async fn no_target_of_ids_crosses_tenants() {
    let connect_to = async |Query(query): Query<HashMap<String, String>>| {
        Accept::user("u").tenant(query["tenant"].clone())
    };
    let to = async |publish: Publisher, Text(all): Text| -> Result<(), Error> {
        let ids = || all.split(' ').map(Recipient::from).collect::<Vec<_>>();
        // Also with a given endpoint, although no row is needed for the endpoint then.
        let given = |to: Recipient| to.with_endpoint("memory://a/b");
        let own = publish.own_tenant().text("own").await?.counts.sent;
        for audience in [
            publish.connections(ids()),
            publish.connections(ids().into_iter().map(given)),
            publish.source(Watchers(ids())),
        ] {
            let report = audience.text("some").await?;
            assert_eq!((report.counts.sent, report.counts.gone), (own, ids().len() as u64 - own));
        }
        Ok(())
    };
    let kit = Kit::new(App::new().connect(connect_to).default_route(to));
    let mut clients = Vec::new();
    for n in 0..24 {
        clients.push(kit.connect(&format!("tenant={}", n % 5)).await.unwrap());
    }
    let all: Vec<&str> = clients.iter().map(|client| client.id().as_str()).collect();
    for (n, client) in clients.iter().enumerate() {
        client.send(all.join(" ")).await;
        for (other, client) in clients.iter().enumerate() {
            let received = client.received();
            assert_eq!(received.len(), if other % 5 == n % 5 { 4 } else { 0 }, "{received:?}");
        }
    }
}

#[tokio::test]
async fn a_handlers_parts_reach_the_sender_while_lists_lag() {
    let store = RecordingStore::default();
    let split = async |publish: Publisher| -> Result<(), Error> {
        let parts = publish.own_tenant().split(3).await?;
        assert_eq!(parts.len(), 4, "three for the list, one for the sender");
        for part in parts {
            publish.across_tenants().part(part).text("news").await?;
        }
        let source = publish.source(Watchers(Vec::new())).split(3).await;
        assert!(source.expect_err("a source cannot be split").to_string().contains("split"));
        Ok(())
    };
    let app = App::new().connect(async || Accept::user("u").tenant("t")).default_route(split);
    let kit = Kit::with_store(app, Arc::new(store.clone()));
    let [ana, bob] = [kit.connect("").await.unwrap(), kit.connect("").await.unwrap()];
    store.set_lists_lag(true);
    ana.send("go").await;
    assert_eq!(ana.received(), ["news"]);
    store.set_lists_lag(false);
    ana.send("go").await;
    assert_eq!(
        (ana.received(), bob.received()),
        (vec!["news".to_owned()], vec!["news".to_owned()])
    );
}
