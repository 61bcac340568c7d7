//! Ends the auction of an item from outside of the function: `close vase`. It needs the variables of the
//! function: both tables, and where AWS or `lift dev` is.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::env;

use auction::{DynamoPrices, Prices, TABLE_VARIABLE, announce_end};
use lift_aws::AwsConfig;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let item = env::args().nth(1).ok_or("name the item: close vase")?;
    let config = AwsConfig::builder().build().await?;
    let client = aws_sdk_dynamodb::Client::new(&config.clone().into());
    let prices = DynamoPrices::new(client, env::var(TABLE_VARIABLE)?);
    let publish = lift_aws::publisher(env::var("LIFT_TABLE")?).config(config).await?;

    let lot = prices.close(&item).await?.ok_or("there is no bid for this item")?;
    println!("{item} goes to {} for {}", lot.bidder, lot.price);
    println!("watchers told: {}", announce_end(&publish, lot).await?);
    Ok(())
}
