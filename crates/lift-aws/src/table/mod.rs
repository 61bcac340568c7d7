//! Tables of connections and of an app's own: created, described, checked and deleted. `lift table`
//! makes these calls.
//!
//! ```text
//! layout -> options -> create -> a live table -> describe -> TableDescription -> check -> TableCheck
//! ```

mod check;
mod create;
mod describe;
mod description;
mod difference;
mod layout;
mod options;

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::{
    Client,
    config::Builder,
    error::{BuildError, ProvideErrorMetadata, SdkError},
};

use lift_ws::describe::LayoutDescription;

use crate::{
    DynamoStore,
    causes::in_words,
    config::{AwsConfig, is_loopback},
    error::{Error, ErrorKind},
};

use layout::{Content, Layout};

pub use check::TableCheck;
pub use create::{CreateStep, Created};
pub use description::{
    Billing, Expiry, IndexDescription, KeyAttribute, KeyRole, Projection, TableDescription,
};
pub use difference::{TableDifference, TableNote};
pub use options::CreateOptions;

/// The time for an operation. Operations on tables take longer than store calls, and no handshake
/// waits for them.
const OPERATION: Duration = Duration::from_secs(30);

const ATTEMPT: Duration = Duration::from_secs(10);

const CONNECT: Duration = Duration::from_secs(3);

/// DynamoDB's codes for credentials that it does not know, or that have expired.
const CREDENTIALS_CODES: [&str; 6] = [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "IncompleteSignature",
    "ExpiredTokenException",
    "MissingAuthenticationToken",
];

/// A table: of connections, or of an app's own. The table of connections is pay-per-request, with two
/// sparse indexes, time to live and, by default, a stream. The table may not exist yet.
#[derive(Clone, Debug)]
pub struct Table {
    layout: Layout,
    client: Client,
    store: DynamoStore,
    name: String,
    location: String,
    is_local: bool,
}

impl Table {
    /// The table of connections of this name, which may not exist yet.
    #[must_use]
    pub fn new(config: &AwsConfig, name: impl Into<String>) -> Self {
        Self::of(Layout::connections(), config, name.into())
    }

    /// A table of an app's own with this name, which may not exist yet. The layout is from the app's
    /// description.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), lift_aws::Error> {
    /// use lift_aws::{AwsConfig, Table, table::CreateOptions};
    /// use lift_ws::{App, table::{Key, TableSpec}};
    ///
    /// let app = App::new().table(TableSpec::new("PRICES_TABLE", Key::string("item")));
    /// let config = AwsConfig::local("http://127.0.0.1:3002", "us-east-1");
    /// for layout in app.describe().tables.iter().filter_map(|table| table.layout.as_ref()) {
    ///     Table::with_layout(&config, "prices", layout).create(&CreateOptions::new()).await?;
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_layout(
        config: &AwsConfig,
        name: impl Into<String>,
        layout: &LayoutDescription,
    ) -> Self {
        Self::of(Layout::declared(layout), config, name.into())
    }

    fn of(layout: Layout, config: &AwsConfig, name: String) -> Self {
        let sdk = config.sdk();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION);
        let settings = Builder::from(sdk).timeout_config(timeouts.build()).build();
        let endpoint = sdk.endpoint_url();
        let url = endpoint.and_then(|url| url.parse::<http::Uri>().ok());
        let region = sdk.region().map_or("an unknown region", |region| region.as_ref());
        Self {
            layout,
            client: Client::from_conf(settings),
            store: DynamoStore::new(config, name.clone()),
            name,
            location: endpoint.map_or_else(|| format!("DynamoDB in {region}"), ToOwned::to_owned),
            is_local: url.as_ref().and_then(http::Uri::host).is_some_and(is_loopback),
        }
    }

    /// The names of all tables of a region or an endpoint, in the order of DynamoDB.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), lift_aws::Error> {
    /// use lift_aws::{AwsConfig, Table};
    ///
    /// // The endpoint that `lift dev` prints.
    /// let config = AwsConfig::local("http://127.0.0.1:3002", "us-east-1");
    /// assert_eq!(Table::names(&config).await?, ["chat-connections"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses the request.
    pub async fn names(config: &AwsConfig) -> Result<Vec<String>, Error> {
        // No table in particular: the errors of `ListTables` name the location.
        let any = Self::new(config, "*");
        let mut pages = any.client.list_tables().into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(name) = pages.next().await {
            names.push(name.map_err(|error| any.failed("ListTables", error))?);
        }
        Ok(names)
    }

    /// Where the table is, as text for a person: an endpoint's URL, or DynamoDB in a region.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Compares the table with the layout that the app needs.
    ///
    /// # Errors
    /// When the table does not exist, and when DynamoDB cannot be reached or refuses the request.
    /// For a table that does not fit, this is `Ok` with the differences.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), lift_aws::Error> {
    /// use lift_aws::{AwsConfig, Table};
    ///
    /// let table = Table::new(&AwsConfig::from_env().await, "chat-connections");
    /// let check = table.check().await?;
    /// assert!(check.fits(), "{check}");
    /// # Ok(()) }
    /// ```
    pub async fn check(&self) -> Result<TableCheck, Error> {
        Ok(TableCheck::of(&self.describe().await?, &self.layout, false))
    }

    /// Like [`check`](Self::check), for an app that needs the table's stream.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub async fn check_with_streams(&self) -> Result<TableCheck, Error> {
        Ok(TableCheck::of(&self.describe().await?, &self.layout, true))
    }

    /// Replaces the row of every connection by a tombstone, and returns how many. For a gateway that
    /// starts: no connection of its last run is open, and no `$disconnect` will follow.
    ///
    /// # Errors
    /// When DynamoDB cannot be reached or refuses a request.
    pub async fn forget_connections(&self) -> Result<usize, Error> {
        let forgotten = self.store.forget_connections().await;
        forgotten.map_err(|error| {
            let kind = if error.is_denied() { ErrorKind::Denied } else { ErrorKind::Database };
            let message = format!("the connections in the table {} cannot be removed", self.name);
            Error::new(kind, message).with_cause(error)
        })
    }

    fn missing(&self) -> Error {
        let Self { name, location, .. } = self;
        let create = match self.layout.content {
            Content::Connections => format!("lift table create --table {name}"),
            Content::App => "lift table create --all".to_owned(),
        };
        let fix = if self.is_local {
            format!("`{create} --endpoint-url {location}` creates it")
        } else {
            format!("`{create}` creates it; or is it in another region or account?")
        };
        Error::new(ErrorKind::NoTable, format!("there is no table {name} at {location}: {fix}"))
    }

    /// A request that cannot be built, because of an option or a defect.
    fn invalid_request(&self, error: BuildError) -> Error {
        let message = format!("the table {} cannot be defined", self.name);
        Error::new(ErrorKind::Database, message).with_cause(error)
    }

    /// The error of a request, in one line that names the fix. `action` is the name of the
    /// operation and of its permission.
    fn failed<E, R>(&self, action: &str, error: SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let Self { name, location, .. } = self;
        if matches!(error, SdkError::TimeoutError(_)) {
            let message = format!("{location} does not answer {action} in time: try again");
            return Error::new(ErrorKind::Unreachable, message);
        }
        if matches!(&error, SdkError::DispatchFailure(to) if to.is_io() || to.is_timeout()) {
            let fix = if self.is_local {
                "is it running?"
            } else {
                "is the network up, and the region's name right?"
            };
            let message = format!("cannot connect to {location}: {fix}");
            return Error::new(ErrorKind::Unreachable, message);
        }
        let message = error.message().map(str::to_owned);
        let (Some(code), SdkError::ServiceError(_)) = (error.code(), &error) else {
            let cause = in_words(&error);
            let message = format!("{action} failed for the table {name}");
            return Error::new(ErrorKind::Database, message).with_cause(cause);
        };
        let message = message.unwrap_or_else(|| code.to_owned());
        if code == "AccessDeniedException" {
            let message = format!(
                "access denied: allow `dynamodb:{action}` on the table {name}. AWS says: {message}"
            );
            return Error::new(ErrorKind::Denied, message);
        }
        if CREDENTIALS_CODES.contains(&code) {
            let message = format!(
                "{location} does not take the AWS credentials: sign in again, or choose others with \
                 AWS_PROFILE. AWS says: {message}"
            );
            return Error::new(ErrorKind::Denied, message);
        }
        if code == "ResourceNotFoundException" {
            return self.missing();
        }
        let message = format!("{action} failed for the table {name}: {message} ({code})");
        Error::new(ErrorKind::Database, message)
    }
}
