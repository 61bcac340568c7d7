//! Sends to clients over `@connections`. The SDK finds the endpoint in
//! `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, and retries throttled posts.

use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::{Client, error::DisplayErrorContext, primitives::Blob};
use futures_util::{StreamExt, stream};
use lambda_runtime::{Error, tracing};

use crate::{connections::Connections, protocol::ToClient};

/// The maximum number of posts in flight.
const CONCURRENCY: usize = 64;

pub(crate) struct Posts {
    client: Client,
    connections: Connections,
}

impl Posts {
    pub(crate) fn new(config: &SdkConfig, connections: Connections) -> Self {
        Self { client: Client::new(config), connections }
    }

    pub(crate) async fn send(&self, id: &str, frame: &ToClient<'_>) -> Result<(), Error> {
        self.post(id, Blob::new(serde_json::to_vec(frame)?)).await;
        Ok(())
    }

    pub(crate) async fn send_all(
        &self,
        ids: impl Iterator<Item = &String>,
        frame: &ToClient<'_>,
    ) -> Result<(), Error> {
        let data = Blob::new(serde_json::to_vec(frame)?);
        let posts = stream::iter(ids).for_each_concurrent(CONCURRENCY, |id| {
            let data = data.clone();
            self.post(id, data)
        });
        posts.await;
        Ok(())
    }

    /// Logs a failed post and does not return the error, because it concerns the receiver, not the sender.
    async fn post(&self, id: &str, data: Blob) {
        let post = self.client.post_to_connection().connection_id(id).data(data).send().await;
        let Err(error) = post else { return };
        if !error.as_service_error().is_some_and(|error| error.is_gone_exception()) {
            let error = DisplayErrorContext(error);
            tracing::warn!(%error, id, "a post failed");
            return;
        }
        // Its $disconnect was lost.
        if let Err(error) = self.connections.remove_gone(id).await {
            tracing::warn!(%error, id, "the row of a gone connection stays");
        }
    }
}
