//! An embedded DynamoDB (dynoxide) for one test, with a table, and clients whose requests get the faults of a plan.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
        KeyType, Projection, ProjectionType, ScalarAttributeType,
    },
};
use lift_aws::AwsConfig;
use lift_faults::{Faults, HostNames, HttpUpstream, Link, Plan, Proxy};
use tokio::{net::TcpListener, sync::oneshot};

use crate::sdk_without_sockets;

pub(crate) const TABLE: &str = "items";
pub(crate) const INDEX: &str = "colors";

/// The timeout of one attempt of a client.
const ATTEMPT: Duration = Duration::from_millis(300);

pub(crate) struct TestDatabase {
    pub(crate) faults: Faults,
    pub(crate) link: Link,
    /// A client without faults.
    pub(crate) direct: Client,
    config: SdkConfig,
    _proxy: Option<Proxy>,
    _stop: Vec<oneshot::Sender<()>>,
}

impl TestDatabase {
    /// Starts the database and the link with HTTP servers.
    pub(crate) async fn start(plan: &str) -> Self {
        let faults = Faults::new(plan.parse().expect("a plan"));
        let [(url, stop), (first, one), (second, two)] =
            [serve_database().await, serve_database().await, serve_database().await];
        let copies = [upstream(&first), upstream(&second)];
        let link = Link::dynamodb_with_copies(&faults, upstream(&url), copies);
        let proxy = Proxy::start(link.clone(), HostNames::default()).await.expect("a free port");
        let direct = client(&AwsConfig::local(&format!("http://{url}"), "eu-west-1").into(), 1);
        create_table(&direct).await;
        let config = AwsConfig::local(&proxy.url(), "eu-west-1").into();
        Self { faults, link, direct, config, _proxy: Some(proxy), _stop: vec![stop, one, two] }
    }

    /// Starts both without sockets, for tests that pause the clock.
    pub(crate) async fn in_memory(plan: &str) -> Self {
        let faults = Faults::new(plan.parse().expect("a plan"));
        let database = sdk_without_sockets::database();
        let copies = [sdk_without_sockets::database(), sdk_without_sockets::database()];
        let link = Link::dynamodb_with_copies(&faults, database.clone(), copies);
        let through = |link: &Link| {
            let config = SdkConfig::from(AwsConfig::local("http://localhost", "eu-west-1"));
            config.into_builder().http_client(sdk_without_sockets::client(link)).build()
        };
        let none = Faults::new(Plan::default());
        let direct = client(&through(&Link::dynamodb(&none, database)), 1);
        create_table(&direct).await;
        Self { faults, config: through(&link), link, direct, _proxy: None, _stop: Vec::new() }
    }

    /// Returns a client with the plan's faults and this many attempts.
    pub(crate) fn client(&self, attempts: u32) -> Client {
        client(&self.config, attempts)
    }

    /// Returns the injected faults as text: operation, request number and fault.
    pub(crate) fn injected(&self) -> Vec<String> {
        let report = self.faults.report();
        report.faults().map(|f| format!("{} {}: {}", f.operation, f.request, f.what)).collect()
    }

    /// Returns the color of an item, read without faults.
    pub(crate) async fn color(&self, name: &str) -> Option<String> {
        color(&self.direct, name, true).await
    }
}

fn upstream(address: &str) -> HttpUpstream {
    HttpUpstream::new(address).expect("an address")
}

async fn serve_database() -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let database = dynoxide::Database::memory().expect("a database in memory");
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
        let _ = stopped.await;
    }));
    (address, stop)
}

fn client(config: &SdkConfig, attempts: u32) -> Client {
    let retries = RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(5));
    let times = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
    let config = Builder::from(config).retry_config(retries).timeout_config(times).build();
    Client::from_conf(config)
}

async fn create_table(client: &Client) {
    let key = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key")
    };
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .expect("an attribute")
    };
    let all = Projection::builder().projection_type(ProjectionType::All).build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .key_schema(key("color", KeyType::Hash))
        .projection(all)
        .build()
        .expect("an index");
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("name", KeyType::Hash))
        .attribute_definitions(attribute("name"))
        .attribute_definitions(attribute("color"))
        .global_secondary_indexes(index)
        .send()
        .await
        .expect("a table");
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Puts an item. Returns AWS's error code if it fails.
pub(crate) async fn put(client: &Client, name: &str, color: &str) -> Result<(), String> {
    let put = client.put_item().table_name(TABLE);
    let put = put.item("name", text(name)).item("color", text(color)).send().await;
    put.map(drop).map_err(|error| match error.as_service_error() {
        Some(error) => error.meta().code().unwrap_or("no name").to_owned(),
        None => error.to_string(),
    })
}

pub(crate) async fn color(client: &Client, name: &str, consistent: bool) -> Option<String> {
    let get = client.get_item().table_name(TABLE).key("name", text(name));
    let item = get.consistent_read(consistent).send().await.expect("a response").item?;
    Some(item["color"].as_s().expect("a text").clone())
}

/// Returns the names of the items of a color, read from the index.
pub(crate) async fn names_by_color(client: &Client, color: &str) -> Vec<String> {
    let query = client.query().table_name(TABLE).index_name(INDEX);
    let query = query.key_condition_expression("color = :c");
    let found = query.expression_attribute_values(":c", text(color)).send().await;
    let items = found.expect("a response").items.unwrap_or_default();
    items.iter().map(|item| item["name"].as_s().expect("a text").clone()).collect()
}
