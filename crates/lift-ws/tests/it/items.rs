//! The items of a connection, read by handlers.

use std::sync::Arc;

use lift_ws::{
    App, Error, Text,
    extract::StoredConnection,
    store::{Item, MemoryStore},
    test::Kit,
};

#[tokio::test]
async fn a_handler_reads_all_pages_of_its_items() {
    let put = async |who: StoredConnection, Text(keys): Text| -> Result<String, Error> {
        for key in keys.split(' ') {
            who.put_item(&Item::in_group(key)).await?;
        }
        let items = who.items().await?;
        Ok(items.into_iter().map(|item| item.key).collect())
    };
    for page in [1, 2, 5, 6] {
        let store = Arc::new(MemoryStore::new().with_page(page));
        let kit = Kit::with_store(App::new().default_route(put), store);
        let ana = kit.connect("").await.unwrap();
        ana.send("c a e b d").await;
        assert_eq!(ana.received(), ["abcde"], "pages of {page}");
    }
}
