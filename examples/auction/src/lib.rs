//! An auction. The prices are in a table of the app's own, beside the table of connections: they
//! outlive the clients.
//!
//! Clients connect with `?token=demo-ana` and send `{"action":"join","item":"vase"}`,
//! `{"action":"bid","item":"vase","price":120}`, `{"action":"leave","item":"vase"}` and
//! `{"action":"leading"}`. A watcher of an item is a member of the group with the item's name.

mod prices;

use lift_ws::{
    Accept, App, Connection, Error, GlobalPublisher, Json, Publisher, Query, Refuse, State, UserId,
    extract::StoredConnection, publish::PublishError, store::Item,
};
use serde::{Deserialize, Serialize};

pub use prices::{
    Bid, Lot, Prices,
    dynamo::{DynamoPrices, TABLE_VARIABLE, table},
    memory::MemoryPrices,
};

/// The tenant of all clients: the auction house.
const HOUSE: &str = "lotus";

/// The routes and the table. `app` has the state: the prices in DynamoDB, or in memory in a test.
pub fn routes<P: Prices>(app: App<P>) -> App<P> {
    app.table(table())
        .connect(connect)
        .route("join", join::<P>)
        .route("leave", leave)
        .route("bid", bid::<P>)
        .route("leading", leading::<P>)
        .keepalive("ping")
}

#[derive(Debug, Deserialize)]
struct Hello {
    token: String,
}

#[derive(Debug, Deserialize)]
struct OfItem {
    item: String,
}

#[derive(Debug, Deserialize)]
struct Offer {
    item: String,
    price: u64,
}

/// What a client receives.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ToClient {
    /// The answer to `join`: the item as it is, and how many watch it. The count can lag.
    Item { item: String, lot: Option<Lot>, watchers: u64 },
    /// Someone leads with a higher price.
    Bid { lot: Lot },
    /// The auction of an item has ended.
    Closed { lot: Lot },
    /// The items that the sender leads.
    Leading { lots: Vec<Lot> },
}

async fn connect(Query(hello): Query<Hello>) -> Result<Accept, Refuse> {
    match user_of(&hello.token) {
        Some(user) => Ok(Accept::user(user).tenant(HOUSE)),
        None => Err(Refuse::unauthorized("the token is not valid")),
    }
}

/// The user of a token. A real app checks a signature here.
fn user_of(token: &str) -> Option<&str> {
    token.strip_prefix("demo-").filter(|user| !user.is_empty())
}

async fn join<P: Prices>(
    State(prices): State<P>,
    connection: StoredConnection,
    publish: Publisher,
    Json(OfItem { item }): Json<OfItem>,
) -> Result<Json<ToClient>, Error> {
    connection.put_item(&Item::in_group(&*item)).await?;
    let lot = prices.lot(&item).await?;
    let watchers = publish.group(&*item).count().await?;
    Ok(Json(ToClient::Item { item, lot, watchers }))
}

async fn leave(
    connection: StoredConnection,
    Json(OfItem { item }): Json<OfItem>,
) -> Result<(), Error> {
    connection.remove_item(&item).await
}

async fn bid<P: Prices>(
    State(prices): State<P>,
    me: Connection,
    user: UserId,
    publish: Publisher,
    Json(Offer { item, price }): Json<Offer>,
) -> Result<Json<ToClient>, Error> {
    match prices.bid(&item, price, user.as_str()).await? {
        Bid::Leads(lot) => {
            let bid = ToClient::Bid { lot };
            // The bidder gets the reply, because a group's list can lag behind its `join`.
            publish.group(item).except(me.id()).json(&bid).await?;
            Ok(Json(bid))
        }
        Bid::TooLow(lot) => {
            let message = format!("{} leads with {}", lot.bidder, lot.price);
            Err(Error::new("too_low", message).with_status(409))
        }
        Bid::Closed => Err(Error::new("closed", "This auction has ended").with_status(409)),
    }
}

async fn leading<P: Prices>(
    State(prices): State<P>,
    user: UserId,
) -> Result<Json<ToClient>, Error> {
    Ok(Json(ToClient::Leading { lots: prices.led_by(user.as_str()).await? }))
}

/// Tells the watchers of an item that its auction has ended. A program beside the function does this,
/// such as `examples/close.rs`.
///
/// # Errors
/// When no list can be read.
pub async fn announce_end(publish: &GlobalPublisher, lot: Lot) -> Result<u64, PublishError> {
    let watchers = publish.group(HOUSE, &*lot.item);
    Ok(watchers.json(&ToClient::Closed { lot }).await?.counts.sent)
}
