//! The contract of the prices: memory and table do the same. The table is in dynoxide, a DynamoDB API
//! in this process.

use auction::{Bid, DynamoPrices, Lot, MemoryPrices, Prices, TABLE_VARIABLE};
use lift_aws::{AwsConfig, Table, table::CreateOptions};
use lift_ws::App;
use tokio::net::TcpListener;

fn vase(price: u64, bidder: &str) -> Lot {
    Lot { item: "vase".into(), price, bidder: bidder.into(), closed: false }
}

/// What the app relies on.
async fn contract(prices: impl Prices) -> std::io::Result<()> {
    assert_eq!(prices.lot("vase").await?, None);
    assert_eq!(prices.close("vase").await?, None, "there is no bid");
    assert_eq!(prices.bid("vase", 100, "ana").await?, Bid::Leads(vase(100, "ana")));
    assert_eq!(prices.bid("vase", 100, "bob").await?, Bid::TooLow(vase(100, "ana")));
    assert_eq!(prices.bid("vase", 99, "ana").await?, Bid::TooLow(vase(100, "ana")));
    assert_eq!(prices.bid("vase", 1_000, "bob").await?, Bid::Leads(vase(1_000, "bob")));
    assert_eq!(prices.lot("vase").await?, Some(vase(1_000, "bob")));

    prices.bid("chair", 5, "bob").await?;
    let items = |lots: Vec<Lot>| lots.into_iter().map(|lot| lot.item).collect::<Vec<_>>();
    assert_eq!(items(prices.led_by("bob").await?), ["chair", "vase"]);
    assert_eq!(items(prices.led_by("ana").await?), Vec::<String>::new());

    let closed = Lot { closed: true, ..vase(1_000, "bob") };
    assert_eq!(prices.close("vase").await?, Some(closed.clone()));
    assert_eq!(prices.close("vase").await?, Some(closed.clone()), "once more changes nothing");
    assert_eq!(prices.bid("vase", 2_000, "ana").await?, Bid::Closed);
    assert_eq!(prices.lot("vase").await?, Some(closed));
    Ok(())
}

#[tokio::test]
async fn prices_in_memory() {
    contract(MemoryPrices::default()).await.expect("the contract");
}

#[tokio::test]
async fn prices_in_dynamodb() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let database = dynoxide::Database::memory().expect("a database");
    let forever = std::future::pending();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, forever));

    let config = AwsConfig::local(&url, "us-east-1");
    let tables = auction::routes(App::with_state(MemoryPrices::default())).describe().tables;
    let prices = tables.iter().find(|table| table.env == TABLE_VARIABLE).expect("the table");
    let layout = prices.layout.as_ref().expect("its layout");
    let table = Table::with_layout(&config, "prices", layout);
    table.create(&CreateOptions::new()).await.expect("created");

    let client = aws_sdk_dynamodb::Client::new(&config.into());
    contract(DynamoPrices::new(client, "prices")).await.expect("the contract");
}
