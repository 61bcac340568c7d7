//! Where a table is: endpoint, region and credentials, found as AWS's own tools find them.

use aws_config::{Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError,
};

use super::Table;
use crate::{Error, config, local_config};

/// The region of an endpoint on this machine, which has none of its own.
const NO_REGION: &str = "us-east-1";

/// Where a table is, as far as the environment does not say.
#[derive(Clone, Debug, Default)]
pub struct Place {
    region: Option<String>,
    endpoint_url: Option<String>,
}

impl Place {
    /// Where the environment says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// In this region.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// At this endpoint, such as the one that `lift dev` prints.
    #[must_use]
    pub fn with_endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    pub(crate) async fn config(&self) -> Result<SdkConfig, Error> {
        let endpoint = self.endpoint_url.clone().or_else(|| {
            variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"))
        });
        match endpoint {
            Some(url) => {
                let parsed = url.parse::<http::Uri>().ok().filter(|url| url.scheme().is_some());
                let Some(host) = parsed.as_ref().and_then(http::Uri::host) else {
                    return Err(Error::new(format!(
                        "{url} is not the URL of an endpoint, such as http://127.0.0.1:3002"
                    )));
                };
                if is_loopback(host) {
                    return Ok(self.local(&url));
                }
                let found = self.on_aws().await?;
                Ok(found.into_builder().endpoint_url(url).build())
            }
            None => self.on_aws().await,
        }
    }

    async fn on_aws(&self) -> Result<SdkConfig, Error> {
        let mut found = config().await;
        if let Some(region) = &self.region {
            found = found.into_builder().region(Region::new(region.clone())).build();
        }
        if found.region().is_none() {
            return Err(Error::new(
                "no AWS region is named: pass --region, or set AWS_REGION or the profile's \
                 `region`",
            ));
        }
        match found.credentials_provider() {
            Some(provider) => provider.provide_credentials().await.map_err(no_credentials)?,
            None => return Err(no_credentials(CredentialsError::not_loaded_no_source())),
        };
        Ok(found)
    }

    /// A DynamoDB on this machine. Some keep a database for each access key, so the environment's
    /// counts; nothing else is asked for credentials, which could take seconds.
    fn local(&self, url: &str) -> SdkConfig {
        let named = || variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let region = self.region.clone().or_else(named);
        let config = local_config(url, region.as_deref().unwrap_or(NO_REGION));
        if variable("AWS_ACCESS_KEY_ID").and(variable("AWS_SECRET_ACCESS_KEY")).is_none() {
            return config;
        }
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let credentials = SharedCredentialsProvider::new(credentials);
        config.into_builder().credentials_provider(credentials).build()
    }
}

impl Table {
    /// A table that may not exist yet, where the environment and `place` say: region, credentials
    /// and endpoint come from the variables and files of AWS's own tools. An endpoint on this
    /// machine needs neither region nor credentials.
    ///
    /// # Errors
    /// When there is no region, there are no credentials, or the endpoint is not a URL.
    pub async fn at(place: &Place, name: impl Into<String>) -> Result<Self, Error> {
        Ok(Self::new(&place.config().await?, name))
    }
}

/// Whether a URL's host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn no_credentials(error: CredentialsError) -> Error {
    // The last of the causes is the one that says what is wrong.
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.to_string();
    // What a function on Lambda has no use for is left out of this build of AWS's library.
    if cause.contains("cargo feature") {
        return Error::new(
            "the AWS profile signs in with a browser or a program, which is not built in: run \
             `eval \"$(aws configure export-credentials --format env)\"` first",
        );
    }
    let missing = Error::new(
        "no AWS credentials are found: set AWS_PROFILE to a profile that has some, or set \
         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
    match error {
        CredentialsError::CredentialsNotLoaded(_) => missing,
        _ => missing.with_cause(cause),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
