//! The test suite that every store has to pass: call [`all`] from an async test.
//!
//! The store may already have rows. Each case uses new ids.

mod fixture;
mod items;
mod lists;
mod rows;

use crate::store::Store;

/// Runs the whole suite.
///
/// ```
/// use lift_ws::store::{MemoryStore, contract};
///
/// #[tokio::main(flavor = "current_thread")] // in a test: #[tokio::test]
/// async fn main() {
///     contract::all(&MemoryStore::new()).await;
/// }
/// ```
///
/// # Panics
/// When the store violates the contract. The message says how.
pub async fn all(store: &dyn Store) {
    rows::saving_twice_is_once(store).await;
    rows::a_tombstone_wins(store).await;
    rows::removing_returns_the_row_once(store).await;
    rows::removing_gone_keeps_young_connections(store).await;
    lists::lists_have_their_own_connections(store).await;
    lists::ids_that_need_escaping_stay_apart(store).await;
    rows::expired_rows_are_absent(store).await;
    rows::attributes_change_while_a_row_lives(store).await;
    rows::an_anonymous_row_is_signed_in_once(store).await;
    rows::invalid_rows_are_refused(store).await;
    lists::parts_cover_a_list_exactly(store).await;
    items::items_need_a_live_connection(store).await;
    items::groups_list_connections_with_an_item_in_them(store).await;
    items::items_that_need_escaping_stay_apart(store).await;
    items::items_come_in_the_order_of_their_keys(store).await;
    items::items_expire_with_their_connection(store).await;
    items::an_item_keeps_its_connections_identity(store).await;
}
