//! The auction as a Lambda function. `lift dev examples/auction` runs it on this machine.

use std::env;

use auction::{DynamoPrices, TABLE_VARIABLE};
use lift_aws::AwsConfig;
use lift_ws::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let client = aws_sdk_dynamodb::Client::new(&AwsConfig::of_function()?.into());
    // `run` checks that it is set; to describe itself, the app does not need it.
    let table = env::var(TABLE_VARIABLE).unwrap_or_default();
    let app = App::with_state(DynamoPrices::new(client, table));
    Ok(lift_aws::run(auction::routes(app)).await?)
}
