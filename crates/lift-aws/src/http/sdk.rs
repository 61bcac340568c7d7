//! Lift's HTTP client in the form that the SDK takes.

use std::{error::Error, io, time::Duration};

use aws_smithy_runtime_api::{
    client::{
        connection::{CaptureSmithyConnection, ConnectionMetadata},
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::Response,
};
use aws_smithy_types::{body::SdkBody, retry::ErrorKind};
use hyper_util::client::legacy::{Error as ClientError, connect::capture_connection};
use tokio::time::error::Elapsed;

use super::{Client, client};

/// DynamoDB keeps idle connections longer.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// The client of one SDK configuration. The time to connect is Lift's, whatever the configuration
/// says; the times for an attempt and an operation are the configuration's.
#[derive(Clone, Debug)]
pub(crate) struct SdkClient(Result<Client<SdkBody>, &'static io::Error>);

impl SdkClient {
    pub(crate) fn new() -> Self {
        Self(client(POOL_IDLE))
    }
}

impl HttpClient for SdkClient {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for SdkClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let client = client.map_err(|error| ConnectorError::user(error.into()))?;
            let mut request =
                request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let used = capture_connection(&mut request);
            if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
                // After a transient failure the SDK asks for another connection.
                capture.set_connection_retriever(move || {
                    let used = used.clone();
                    used.connection_metadata().as_ref()?;
                    let poison = move || {
                        used.connection_metadata().iter().for_each(|used| used.poison());
                    };
                    Some(ConnectionMetadata::builder().proxied(false).poison_fn(poison).build())
                });
            }
            let response = client.request(request).await.map_err(connector_error)?;
            let response: Result<HttpResponse, _> =
                Response::try_from(response.map(SdkBody::from_body_1_x));
            response.map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The error in the SDK's kinds, by which it decides whether to retry.
fn connector_error(error: ClientError) -> ConnectorError {
    let hyper = source::<hyper::Error>(&error);
    let io = error.is_connect() || source::<io::Error>(&error).is_some();
    let cut_off = hyper.is_some_and(|error| {
        error.is_incomplete_message() || error.is_canceled() || error.is_closed()
    });
    if source::<Elapsed>(&error).is_some() {
        ConnectorError::timeout(error.into())
    } else if hyper.is_some_and(hyper::Error::is_user) {
        ConnectorError::user(error.into())
    } else if io {
        ConnectorError::io(error.into())
    } else {
        ConnectorError::other(error.into(), cut_off.then_some(ErrorKind::TransientError))
    }
}

/// The first error of a type in a chain of causes.
fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(<dyn Error>::downcast_ref)
}
