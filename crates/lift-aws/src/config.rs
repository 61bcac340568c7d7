//! One AWS configuration per process: one HTTP client, short time-outs, quick retries.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, Region, SdkConfig,
    retry::RetryConfig,
    timeout::{TimeoutConfig, TimeoutConfigBuilder},
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// A store call that takes longer has failed: a client waits for the handshake meanwhile.
const OPERATION: Duration = Duration::from_secs(3);

/// One attempt of it. The SDK itself sets none, so a black hole would eat the whole invocation.
const ATTEMPT: Duration = Duration::from_secs(1);

const CONNECT: Duration = Duration::from_millis(750);

/// The first back-off between attempts; DynamoDB answers within milliseconds.
const BACK_OFF: Duration = Duration::from_millis(20);

const ATTEMPTS: u32 = 4;

/// The configuration of the environment: region, credentials and endpoints as the SDKs find them.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(timeouts().build())
        .retry_config(retries())
        .load()
        .await
}

/// A configuration for DynamoDB at an endpoint on this machine. It never looks for credentials.
#[must_use]
pub fn local_config(endpoint_url: &str, region: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "lift");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .timeout_config(timeouts().build())
        .retry_config(retries())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint_url)
        .build()
}

fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn timeouts() -> TimeoutConfigBuilder {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(BACK_OFF)
}
