//! Sending from a program that is no WebSocket handler: a queue's worker, a schedule, a script.

use std::{future::IntoFuture, sync::Arc};

use aws_config::{Region, SdkConfig};
use futures_util::future::BoxFuture;
use lift_ws::{GlobalPublisher, push::Push, store::Store};

use crate::{DynamoStore, Error, ManagementApi, config, table::Place};

/// A publisher to the connections of a table: `lift_aws::publisher("chat-connections").await?`.
///
/// Region and credentials are found as the AWS SDKs find them. Where a connection is posted to comes,
/// in this order, from the environment (`AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`), from
/// [`endpoint`](PublisherBuilder::endpoint), from the connection's row, and from
/// [`api`](PublisherBuilder::api) and the region. Only API Gateway in the region, and what environment
/// and configuration name, is ever signed to.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let publisher = lift_aws::publisher("chat-connections").region("eu-west-1").await?;
/// let report = publisher.tenant("lotus").text("we close at ten").await?;
/// println!("{} of {}", report.sent, report.total());
/// # Ok(())
/// # }
/// ```
///
/// Build one per process, not per message: it holds the HTTP connections.
pub fn publisher(table: impl Into<String>) -> PublisherBuilder {
    PublisherBuilder {
        table: table.into(),
        region: None,
        place: None,
        endpoint: None,
        api: None,
        allowed: Vec::new(),
        config: None,
        store: None,
        push: None,
    }
}

/// What a [`publisher`] is built of; awaiting it builds it.
#[must_use = "a publisher is built when this is awaited"]
pub struct PublisherBuilder {
    table: String,
    region: Option<String>,
    place: Option<Place>,
    endpoint: Option<String>,
    api: Option<(String, String)>,
    allowed: Vec<String>,
    config: Option<SdkConfig>,
    store: Option<Arc<dyn Store>>,
    push: Option<Arc<dyn Push>>,
}

impl PublisherBuilder {
    /// The region of the table and of the API, instead of the environment's.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Where the table is, checked when the publisher is built: a region or credentials that are missing
    /// are an error that says how to name them. Ignored with [`config`](Self::config).
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Posts everything to one URL, with the stage or the base path of a custom domain.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The API and the stage of connections that have no row: an unmanaged app's.
    pub fn api(mut self, id: impl Into<String>, stage: impl Into<String>) -> Self {
        self.api = Some((id.into(), stage.into()));
        self
    }

    /// Also signs requests to a host, such as a custom domain that rows name:
    /// see [`ManagementApi::with_allowed`].
    pub fn allow(mut self, host: impl Into<String>) -> Self {
        self.allowed.push(host.into());
        self
    }

    /// An SDK configuration of one's own: its credentials, its HTTP client, its region.
    pub fn config(mut self, config: SdkConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// A store of one's own, instead of one that is made for the table.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// A client of one's own for `@connections`. Its endpoints are its own business: only
    /// [`endpoint`](Self::endpoint) is still heeded.
    pub fn push(mut self, push: impl Push) -> Self {
        self.push = Some(Arc::new(push));
        self
    }

    async fn build(self) -> Result<GlobalPublisher, Error> {
        let config = match (self.config, self.place) {
            (Some(config), _) => config,
            (None, Some(place)) => place.config().await?,
            (None, None) => config().await,
        };
        let config = match self.region {
            Some(region) => config.into_builder().region(Region::new(region)).build(),
            None => config,
        };
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
            .field("place", &self.place)
            .field("endpoint", &self.endpoint)
            .field("api", &self.api)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}
