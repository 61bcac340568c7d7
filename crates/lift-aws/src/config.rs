//! The AWS configuration of a process: short time-outs, quick retries, Lift's own HTTP client.

use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_types::sdk_config::Builder;

use crate::{Error, http::sdk::SdkClient};

/// A store call that takes longer has failed: a client waits for the handshake meanwhile.
const OPERATION: Duration = Duration::from_secs(3);

/// One attempt of it. The SDK itself sets none, so a black hole would eat the whole invocation.
const ATTEMPT: Duration = Duration::from_secs(1);

/// The first back-off between attempts; DynamoDB answers within milliseconds.
const BACK_OFF: Duration = Duration::from_millis(20);

/// While three in ten requests are throttled, fewer than one handshake in a thousand fails by these.
const ATTEMPTS: u32 = 7;

/// The configuration of the environment: region, credentials and endpoints as the SDKs find them,
/// for programs beside the function. What they find in a shared configuration, a container or an
/// instance is there too.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(SdkClient::new())
        .timeout_config(timeouts())
        .retry_config(retries())
        .load()
        .await
}

/// The configuration of a function: Lambda gives region and credentials in variables. Nothing else
/// is asked, so that neither the code for it nor its time is part of a cold start.
///
/// # Errors
/// When there is no region.
pub(crate) fn function_config() -> Result<SdkConfig, Error> {
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = region.ok_or_else(|| Error::new("AWS_REGION is not set"))?;
    let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"));
    let is_on = |name: &str| variable(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let mut config = builder(
        region,
        SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()),
    )
    .use_fips(is_on("AWS_USE_FIPS_ENDPOINT"))
    .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"));
    config.set_endpoint_url(endpoint);
    Ok(config.build())
}

/// A configuration for DynamoDB at an endpoint on this machine. It never looks for credentials.
#[must_use]
pub fn local_config(endpoint_url: &str, region: &str) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, "lift");
    let credentials = SharedCredentialsProvider::new(credentials);
    builder(region.to_owned(), credentials).endpoint_url(endpoint_url).build()
}

fn builder(region: String, credentials: SharedCredentialsProvider) -> Builder {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(SdkClient::new())
        .timeout_config(timeouts())
        .retry_config(retries())
        .region(Region::new(region))
        .credentials_provider(credentials)
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(BACK_OFF)
}
