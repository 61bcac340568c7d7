//! A DynamoDB for one test, with a table and a client behind a plan.

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
use lift_faults::{Faults, HttpUpstream, Link, Plan, Proxy};
use tokio::{net::TcpListener, sync::oneshot};

use crate::direct;

pub(crate) const TABLE: &str = "things";
pub(crate) const INDEX: &str = "colours";

/// The timeout of one attempt of a client.
const ATTEMPT: Duration = Duration::from_millis(300);

pub(crate) struct World {
    pub(crate) faults: Faults,
    pub(crate) link: Link,
    /// A client without faults.
    pub(crate) direct: Client,
    config: SdkConfig,
    _proxy: Option<Proxy>,
    _stop: Vec<oneshot::Sender<()>>,
}

impl World {
    /// With everything over HTTP.
    pub(crate) async fn start(plan: &str) -> Self {
        let faults = Faults::new(plan.parse().expect("a plan"));
        let [(url, stop), (first, one), (second, two)] =
            [engine().await, engine().await, engine().await];
        let copies = [upstream(&first), upstream(&second)];
        let link = Link::dynamodb_with_copies(&faults, upstream(&url), copies);
        let proxy = Proxy::start(link.clone()).await.expect("a free port");
        let direct = client(&AwsConfig::local(&format!("http://{url}"), "eu-west-1").into(), 1);
        create_table(&direct).await;
        let config = AwsConfig::local(&proxy.url(), "eu-west-1").into();
        Self { faults, link, direct, config, _proxy: Some(proxy), _stop: vec![stop, one, two] }
    }

    /// Without sockets, for tests that pause the clock.
    pub(crate) async fn in_memory(plan: &str) -> Self {
        let faults = Faults::new(plan.parse().expect("a plan"));
        let engine = direct::engine();
        let copies = [direct::engine(), direct::engine()];
        let link = Link::dynamodb_with_copies(&faults, engine.clone(), copies);
        let through = |link: &Link| {
            let config = SdkConfig::from(AwsConfig::local("http://localhost", "eu-west-1"));
            config.into_builder().http_client(direct::client(link)).build()
        };
        let none = Faults::new(Plan::default());
        let direct = client(&through(&Link::dynamodb(&none, engine)), 1);
        create_table(&direct).await;
        Self { faults, config: through(&link), link, direct, _proxy: None, _stop: Vec::new() }
    }

    /// A client behind the plan, with this many attempts.
    pub(crate) fn client(&self, attempts: u32) -> Client {
        client(&self.config, attempts)
    }

    /// The injected faults, without the parts that are always the same.
    pub(crate) fn happened(&self) -> Vec<String> {
        let report = self.faults.report();
        report.faults().map(|f| format!("{} {}: {}", f.operation, f.request, f.what)).collect()
    }

    /// The color of a thing, read from the table without faults.
    pub(crate) async fn colour(&self, name: &str) -> Option<String> {
        colour(&self.direct, name, true).await
    }
}

fn upstream(address: &str) -> HttpUpstream {
    HttpUpstream::new(address).expect("an address")
}

async fn engine() -> (String, oneshot::Sender<()>) {
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
        .key_schema(key("colour", KeyType::Hash))
        .projection(all)
        .build()
        .expect("an index");
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("name", KeyType::Hash))
        .attribute_definitions(attribute("name"))
        .attribute_definitions(attribute("colour"))
        .global_secondary_indexes(index)
        .send()
        .await
        .expect("a table");
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Puts a thing; the error is AWS's error code.
pub(crate) async fn put(client: &Client, name: &str, colour: &str) -> Result<(), String> {
    let put = client.put_item().table_name(TABLE);
    let put = put.item("name", text(name)).item("colour", text(colour)).send().await;
    put.map(drop).map_err(|error| match error.as_service_error() {
        Some(error) => error.meta().code().unwrap_or("no name").to_owned(),
        None => error.to_string(),
    })
}

pub(crate) async fn colour(client: &Client, name: &str, consistent: bool) -> Option<String> {
    let get = client.get_item().table_name(TABLE).key("name", text(name));
    let item = get.consistent_read(consistent).send().await.expect("an answer").item?;
    Some(item["colour"].as_s().expect("a text").clone())
}

/// The names of the things of a color, by the index.
pub(crate) async fn of_colour(client: &Client, colour: &str) -> Vec<String> {
    let query = client.query().table_name(TABLE).index_name(INDEX);
    let query = query.key_condition_expression("colour = :c");
    let found = query.expression_attribute_values(":c", text(colour)).send().await;
    let items = found.expect("an answer").items.unwrap_or_default();
    items.iter().map(|item| item["name"].as_s().expect("a text").clone()).collect()
}
