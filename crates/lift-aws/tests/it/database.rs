//! An embedded DynamoDB (dynoxide) for one test, on a free port.

use lift_aws::{AwsConfig, DynamoStore, Table};
use tokio::{net::TcpListener, sync::oneshot};

pub(crate) struct Database {
    pub(crate) url: String,
    _stop: oneshot::Sender<()>,
}

impl Database {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let database = dynoxide::Database::memory().expect("a database in memory");
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
            let _ = stopped.await;
        }));
        Self { url, _stop: stop }
    }

    pub(crate) fn table(&self, name: &str) -> Table {
        Table::new(&AwsConfig::local(&self.url, "us-east-1"), name)
    }

    pub(crate) fn store(&self, name: &str) -> DynamoStore {
        DynamoStore::new(&AwsConfig::local(&self.url, "us-east-1"), name)
    }

    pub(crate) fn client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&AwsConfig::local(&self.url, "us-east-1").into())
    }
}
