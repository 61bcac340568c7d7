//! The store contract against other DynamoDB APIs than the embedded database: `e2e/run stores`
//! starts them and runs this once for each.

use lift_aws::{AwsConfig, DynamoStore, Table, table::CreateOptions};
use lift_ws::store::contract;

#[tokio::test]
#[ignore = "needs LIFT_DYNAMODB_URL, the URL of another DynamoDB API: e2e/run stores sets it"]
async fn the_store_passes_the_contract_on_another_database() {
    let url = std::env::var("LIFT_DYNAMODB_URL").expect("LIFT_DYNAMODB_URL is set");
    let config = AwsConfig::local(&url, "us-east-1");
    let table = Table::new(&config, "elsewhere");
    table.create(&CreateOptions::new()).await.expect("a table");
    for page in [5_000, 7, 1] {
        contract::all(&DynamoStore::new(&config, "elsewhere").with_page(page)).await;
    }
}
