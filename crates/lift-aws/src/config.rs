//! Where AWS is: region, endpoint, credentials. With it go the settings of all SDK clients: short
//! timeouts, quick retries and Lift's own HTTP client.

use std::{sync::LazyLock, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_types::sdk_config::Builder;

use crate::{
    error::{Error, ErrorKind},
    http::sdk::SdkClient,
    variables,
};

/// A store call that takes longer has failed: the client waits for its handshake meanwhile.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3);

/// The time for one attempt. The SDK has no limit, so a host that drops packets would take the
/// whole invocation.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// The first back-off between attempts. DynamoDB answers within milliseconds.
const BACK_OFF: Duration = Duration::from_millis(20);

/// With 7 attempts, fewer than 0.1 % of handshakes fail when DynamoDB throttles 30 % of requests.
const MAX_ATTEMPTS: u32 = 7;

/// The HTTP client of a function: its clients share the open connections, and the TLS handshake of the
/// first one.
static HTTP_OF_FUNCTION: LazyLock<SdkClient> = LazyLock::new(SdkClient::new);

/// The region for an endpoint on this machine, where the environment does not name one.
const LOCAL_REGION: &str = "us-east-1";

/// Where AWS is, and with which credentials: for [`DynamoStore`](crate::DynamoStore),
/// [`Table`](crate::Table), [`ManagementApi`](crate::ManagementApi) and
/// [`publisher`](crate::publisher).
///
/// It converts from and to an [`SdkConfig`], for an app that has one, or that needs a client of its own
/// tables or of other services.
///
/// | constructor | for |
/// |---|---|
/// | [`of_function`](Self::of_function) | a function: the configuration of Lift's own store |
/// | [`from_env`](Self::from_env) | a program beside the function: a schedule elsewhere, a script |
/// | [`builder`](Self::builder) | the same, with some of it replaced and all of it checked |
/// | [`local`](Self::local) | a test against a DynamoDB API on this machine |
///
/// ```no_run
/// # async fn example() -> Result<(), lift_aws::Error> {
/// use lift_aws::{AwsConfig, Table};
///
/// let config = AwsConfig::builder().region("eu-west-1").build().await?;
/// assert!(Table::new(&config, "chat-connections").check().await?.fits());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AwsConfig(SdkConfig);

impl AwsConfig {
    /// Region, credentials and endpoints as the AWS SDKs find them: in environment variables, a
    /// shared configuration, a container or an instance. What is missing is an error at its first
    /// use; to be told at once, use [`builder`](Self::builder).
    pub async fn from_env() -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(SdkClient::new())
            .timeout_config(timeouts())
            .retry_config(retries());
        Self(config.load().await)
    }

    /// The environment's configuration with some of it replaced, and checked.
    #[must_use]
    pub fn builder() -> AwsConfigBuilder {
        AwsConfigBuilder::default()
    }

    /// A DynamoDB API on this machine. It takes any credentials, so none are looked for.
    #[must_use]
    pub fn local(endpoint_url: &str, region: &str) -> Self {
        let credentials = Credentials::new("local", "local", None, None, "lift");
        let credentials = SharedCredentialsProvider::new(credentials);
        Self(sdk_builder(region.to_owned(), credentials).endpoint_url(endpoint_url).build())
    }

    /// Replaces the region.
    #[must_use]
    pub fn with_region(self, region: impl Into<String>) -> Self {
        Self(self.0.into_builder().region(Region::new(region.into())).build())
    }

    /// The configuration of a function, by which Lift itself reads and writes connections. A client of
    /// another table has the same region, credentials, endpoint, time-outs and retries, and shares the
    /// open connections to DynamoDB.
    ///
    /// Lambda sets region and credentials in variables; so does `lift dev`. No other source is asked,
    /// which keeps its code and its time out of a cold start. A program beside the function uses
    /// [`from_env`](Self::from_env) or [`builder`](Self::builder).
    ///
    /// ```no_run
    /// # fn example() -> Result<(), lift_aws::Error> {
    /// let config = lift_aws::AwsConfig::of_function()?;
    /// let client = aws_sdk_dynamodb::Client::new(&config.into());
    /// # let _ = client;
    /// # Ok(()) }
    /// ```
    ///
    /// In Cargo.toml, turn the SDK's default features off. Otherwise they bring a second HTTP client
    /// into the program, which nothing uses:
    /// `aws-sdk-dynamodb = { version = "1", default-features = false, features = ["rt-tokio"] }`.
    ///
    /// # Errors
    /// When there is no region.
    pub fn of_function() -> Result<Self, Error> {
        let region = variables::region().ok_or_else(no_region)?;
        let is_on = |name: &str| {
            variables::value(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        let mut config = sdk_builder(region, environment_credentials())
            .http_client(HTTP_OF_FUNCTION.clone())
            .use_fips(is_on(variables::USE_FIPS))
            .use_dual_stack(is_on(variables::USE_DUAL_STACK));
        config.set_endpoint_url(variables::dynamodb_endpoint());
        Ok(Self(config.build()))
    }

    pub(crate) fn sdk(&self) -> &SdkConfig {
        &self.0
    }
}

/// The configuration of the SDK with its own settings: timeouts, retries and HTTP client are taken
/// over.
impl From<SdkConfig> for AwsConfig {
    fn from(config: SdkConfig) -> Self {
        Self(config)
    }
}

/// For SDK clients of other services, with Lift's timeouts, retries and HTTP client.
impl From<AwsConfig> for SdkConfig {
    fn from(config: AwsConfig) -> Self {
        config.0
    }
}

/// What replaces the environment's configuration; see [`AwsConfig::builder`].
#[derive(Clone, Debug, Default)]
pub struct AwsConfigBuilder {
    region: Option<String>,
    endpoint_url: Option<String>,
}

impl AwsConfigBuilder {
    /// The region.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The endpoint of DynamoDB, such as the one that `lift dev` prints. An endpoint on this
    /// machine needs neither region nor credentials.
    #[must_use]
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// Reads the environment, and checks the result.
    ///
    /// # Errors
    /// When there is no region, there are no credentials, or the endpoint is not a URL.
    pub async fn build(self) -> Result<AwsConfig, Error> {
        let Some(url) = self.endpoint_url.clone().or_else(variables::dynamodb_endpoint) else {
            return self.on_aws().await;
        };
        let parsed = url.parse::<http::Uri>().ok().filter(|url| url.scheme().is_some());
        let Some(host) = parsed.as_ref().and_then(http::Uri::host) else {
            let message =
                format!("{url} is not the URL of an endpoint, such as http://127.0.0.1:3002");
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        if is_loopback(host) {
            return Ok(self.on_this_machine(&url));
        }
        let config = self.on_aws().await?;
        Ok(AwsConfig(config.0.into_builder().endpoint_url(url).build()))
    }

    async fn on_aws(self) -> Result<AwsConfig, Error> {
        let mut config = AwsConfig::from_env().await;
        if let Some(region) = self.region {
            config = config.with_region(region);
        }
        if config.0.region().is_none() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "no AWS region is named: pass --region, or set AWS_REGION or the profile's \
                 `region`",
            ));
        }
        match config.0.credentials_provider() {
            Some(provider) => provider.provide_credentials().await.map_err(no_credentials)?,
            None => return Err(no_credentials(CredentialsError::not_loaded_no_source())),
        };
        Ok(config)
    }

    /// Some local databases keep separate data for each access key, so the variables of the
    /// environment count. No other source of credentials is asked, which could take seconds.
    fn on_this_machine(self, url: &str) -> AwsConfig {
        let region = self.region.or_else(variables::region);
        let config = AwsConfig::local(url, region.as_deref().unwrap_or(LOCAL_REGION));
        let keys = [variables::ACCESS_KEY_ID, variables::SECRET_ACCESS_KEY];
        if keys.iter().any(|name| variables::value(name).is_none()) {
            return config;
        }
        let builder = config.0.into_builder().credentials_provider(environment_credentials());
        AwsConfig(builder.build())
    }
}

/// Whether a URL's host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The error where a configuration has no region.
pub(crate) fn no_region() -> Error {
    Error::new(ErrorKind::Configuration, format!("{} is not set", variables::REGION))
}

fn no_credentials(error: CredentialsError) -> Error {
    // The innermost cause says what is wrong.
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.to_string();
    // A function on Lambda does not sign in, so this build of AWS's library leaves that out.
    if cause.contains("cargo feature") {
        return Error::new(
            ErrorKind::Configuration,
            "the AWS profile signs in with a browser or a program, which is not built in: run \
             `eval \"$(aws configure export-credentials --format env)\"` first",
        );
    }
    let missing = Error::new(
        ErrorKind::Configuration,
        "no AWS credentials are found: set AWS_PROFILE to a profile that has some, or set \
         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
    match error {
        CredentialsError::CredentialsNotLoaded(_) => missing,
        _ => missing.with_cause(cause),
    }
}

fn environment_credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
}

fn sdk_builder(region: String, credentials: SharedCredentialsProvider) -> Builder {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(SdkClient::new())
        .timeout_config(timeouts())
        .retry_config(retries())
        .region(Region::new(region))
        .credentials_provider(credentials)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(BACK_OFF)
}
