//! A publisher for programs that handle no WebSocket events: a queue's worker, a schedule, a
//! script.

use std::{future::IntoFuture, sync::Arc};

use futures_util::future::BoxFuture;
use lift_ws::{GlobalPublisher, push::Push, store::Store};

use crate::{AwsConfig, DynamoStore, Error, ManagementApi};

/// A publisher to the connections of a table: `lift_aws::publisher("chat-connections").await?`.
///
/// Region and credentials are found as the AWS SDKs find them, unless there is a
/// [`config`](PublisherBuilder::config). The endpoint of a post is, in this order, the one of the
/// environment (`AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`), of
/// [`endpoint`](PublisherBuilder::endpoint), of the connection's row, and of
/// [`api`](PublisherBuilder::api). Requests are signed only for API Gateway in the region, and for
/// hosts that the environment or the builder names.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let publisher = lift_aws::publisher("chat-connections").region("eu-west-1").await?;
/// let report = publisher.tenant("lotus").text("we close at ten").await?;
/// println!("{} of {}", report.counts.sent, report.total());
/// # Ok(())
/// # }
/// ```
///
/// Build one for a process, not for each message: it holds the HTTP connections.
pub fn publisher(table: impl Into<String>) -> PublisherBuilder {
    PublisherBuilder {
        table: table.into(),
        config: None,
        region: None,
        endpoint: None,
        api: None,
        allowed: Vec::new(),
        store: None,
        push: None,
    }
}

/// The settings of a [`publisher`]. Awaiting the builder builds the publisher.
#[must_use = "a publisher is built when this is awaited"]
pub struct PublisherBuilder {
    table: String,
    config: Option<AwsConfig>,
    region: Option<String>,
    endpoint: Option<String>,
    api: Option<(String, String)>,
    allowed: Vec<String>,
    store: Option<Arc<dyn Store>>,
    push: Option<Arc<dyn Push>>,
}

impl PublisherBuilder {
    /// Region, credentials and endpoint of DynamoDB, instead of the environment's.
    pub fn config(mut self, config: impl Into<AwsConfig>) -> Self {
        self.config = Some(config.into());
        self
    }

    /// The region of the table and of the API, instead of the configuration's.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Posts everything to one URL, which has the stage or the base path of a custom domain.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The API and the stage of connections that have no row, as those of an unmanaged app.
    pub fn api(mut self, id: impl Into<String>, stage: impl Into<String>) -> Self {
        self.api = Some((id.into(), stage.into()));
        self
    }

    /// Also signs requests to this host, such as a custom domain that rows name:
    /// see [`ManagementApi::with_allowed`].
    pub fn allow(mut self, host: impl Into<String>) -> Self {
        self.allowed.push(host.into());
        self
    }

    /// Reads connections from this store, instead of the table.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Posts with this client, instead of `@connections`. It chooses its endpoints: of the builder's
    /// settings for posts, only [`endpoint`](Self::endpoint) is used.
    pub fn push(mut self, push: impl Push) -> Self {
        self.push = Some(Arc::new(push));
        self
    }

    async fn build(self) -> Result<GlobalPublisher, Error> {
        let mut config = match self.config {
            Some(config) => config,
            None => AwsConfig::from_env().await,
        };
        if let Some(region) = self.region {
            config = config.with_region(region);
        }
        let store = self.store.unwrap_or_else(|| Arc::new(DynamoStore::new(&config, self.table)));
        if let Some(push) = self.push {
            let publisher = GlobalPublisher::new(store, push);
            return Ok(match self.endpoint {
                Some(endpoint) => publisher.with_endpoint(endpoint),
                None => publisher,
            });
        }
        let mut push = ManagementApi::new(&config)?;
        if let Some(endpoint) = &self.endpoint {
            push = push.with_endpoint(endpoint);
        }
        for host in &self.allowed {
            push = push.with_allowed(host);
        }
        let only = push.only_endpoint().cloned();
        let of_api = self.api.map(|(id, stage)| push.endpoint_of(&id, &stage));
        let publisher = GlobalPublisher::new(store, Arc::new(push));
        Ok(match (only, of_api) {
            (Some(only), _) => publisher.with_endpoint(only),
            (None, Some(of_api)) => publisher.with_fallback(of_api),
            (None, None) => publisher,
        })
    }
}

impl IntoFuture for PublisherBuilder {
    type Output = Result<GlobalPublisher, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.build())
    }
}

impl std::fmt::Debug for PublisherBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublisherBuilder")
            .field("table", &self.table)
            .field("region", &self.region)
            .field("endpoint", &self.endpoint)
            .field("api", &self.api)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}
