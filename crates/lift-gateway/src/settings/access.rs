//! Who may connect, and who may call `@connections` ([R-2], [R-6]).

use std::{fmt, str::FromStr, sync::Arc};

use http::{HeaderMap, Method, Uri};
use lift_local::{Guard, HostNames};

use crate::{Backend, Rate, backend::Integration};

/// Who may connect: the authorization of the `$connect` route.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Authorization {
    /// Every client may connect.
    #[default]
    None,
    /// A Lambda function allows or denies each client.
    Lambda(Authorizer),
    /// `AWS_IAM`: the client signs the handshake. Every valid signature is allowed, because there are no
    /// policies.
    Iam(Signatures),
}

/// A Lambda authorizer of type REQUEST: a function that runs once per connection, before
/// `$connect`. As on AWS, its response is never cached.
#[derive(Clone, Debug)]
pub struct Authorizer {
    pub(crate) integration: Option<Integration>,
    pub(crate) sources: Vec<IdentitySource>,
}

impl Authorizer {
    /// The authorizer is the backend of [`Server::with_backend`](crate::Server::with_backend).
    #[must_use]
    pub fn same_function() -> Self {
        Self { integration: None, sources: Vec::new() }
    }

    /// The authorizer is this function.
    #[must_use]
    pub fn function(backend: impl Backend) -> Self {
        Self { integration: Some(Integration::new(backend)), sources: Vec::new() }
    }

    /// Adds a value that the client has to send. Without it the client gets 401 and the function does
    /// not run. By default the function always runs.
    #[must_use]
    pub fn with_source(mut self, source: IdentitySource) -> Self {
        self.sources.push(source);
        self
    }
}

/// A value of the handshake that must be present and not empty for the authorizer to run.
///
/// ```
/// use lift_gateway::IdentitySource;
///
/// let source: IdentitySource = "route.request.querystring.token".parse()?;
/// assert_eq!(source, IdentitySource::Query("token".into()));
/// assert!("$request.header.token".parse::<IdentitySource>().is_err(), "that is for HTTP APIs");
/// # Ok::<_, lift_gateway::IdentitySourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentitySource {
    /// `route.request.header.NAME`, in any case.
    Header(String),
    /// `route.request.querystring.NAME`
    Query(String),
    /// `context.PATH`: a field of the event's `requestContext`, such as `identity.sourceIp`.
    Context(String),
    /// `stageVariables.NAME`
    StageVariable(String),
}

/// The text is not an identity source of a WebSocket API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an identity source such as `route.request.header.Authorization`, \
     `route.request.querystring.token`, `context.identity.sourceIp` or `stageVariables.name`"
)]
pub struct IdentitySourceError(String);

impl FromStr for IdentitySource {
    type Err = IdentitySourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        type Make = fn(String) -> IdentitySource;
        let kinds: [(&str, Make); 4] = [
            ("route.request.header.", Self::Header),
            ("route.request.querystring.", Self::Query),
            ("context.", Self::Context),
            ("stageVariables.", Self::StageVariable),
        ];
        let read = |(prefix, make): &(&str, Make)| {
            let name = text.strip_prefix(prefix)?;
            (!name.is_empty()).then(|| make(name.to_owned()))
        };
        kinds.iter().find_map(read).ok_or_else(|| IdentitySourceError(text.to_owned()))
    }
}

/// The API keys of an API: `apiKeyRequired` on the `$connect` route.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    /// The valid keys.
    pub keys: Vec<ApiKey>,
    /// Where the client's key comes from.
    pub source: ApiKeySource,
}

/// One API key. `Debug` does not show its value.
#[derive(Clone)]
pub struct ApiKey {
    /// What events carry as `apiKeyId`.
    pub id: String,
    /// The key itself.
    pub value: String,
    /// The rate of its usage plan. Handshakes above it are refused with 429.
    pub rate: Option<Rate>,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, rate, .. } = self;
        f.debug_struct("ApiKey").field("id", id).field("rate", rate).finish_non_exhaustive()
    }
}

/// Where a client's API key comes from: AWS's `apiKeySelectionExpression`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiKeySource {
    /// From the header `x-api-key`: `$request.header.x-api-key`.
    #[default]
    Header,
    /// From the authorizer's response: `$context.authorizer.usageIdentifierKey`.
    Authorizer,
}

/// Who may call `@connections`. Without a token and signatures, every program may; with both, either is
/// enough. A web page of another origin never may.
#[derive(Clone, Default)]
pub struct ConnectionsAccess {
    /// `Authorization: Bearer TOKEN` is accepted. AWS has no such token; it makes calls with `curl` easy.
    pub token: Option<String>,
    /// A SigV4 signature is accepted, as on AWS.
    pub signatures: Option<Signatures>,
    /// Without a token and signatures: the host names under which programs may call, beside localhost
    /// and addresses. A web page may have made any other name resolve to this machine.
    pub allowed_hosts: HostNames,
}

impl ConnectionsAccess {
    /// The rule for what web pages send. With a token or signatures, every host is allowed.
    pub(crate) fn guard(&self) -> Guard {
        match (&self.token, &self.signatures) {
            (None, None) => Guard::own_pages(self.allowed_hosts.clone()),
            _ => Guard::authenticated(),
        }
    }
}

impl fmt::Debug for ConnectionsAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionsAccess")
            .field("token", &self.token.is_some())
            .field("signatures", &self.signatures)
            .field("allowed_hosts", &self.allowed_hosts)
            .finish()
    }
}

type Check = dyn Fn(&SignedRequest<'_>) -> Result<Caller, SignatureRejection> + Send + Sync;

/// Checks the signatures of requests. The program that serves the API supplies the function, because this
/// crate does not implement SigV4.
#[derive(Clone)]
pub struct Signatures(Arc<Check>);

impl Signatures {
    /// Accepts the signatures that `check` accepts.
    #[must_use]
    pub fn new(
        check: impl Fn(&SignedRequest<'_>) -> Result<Caller, SignatureRejection> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(check))
    }

    pub(crate) fn check(&self, request: &SignedRequest<'_>) -> Result<Caller, SignatureRejection> {
        (self.0)(request)
    }
}

impl fmt::Debug for Signatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signatures")
    }
}

/// A request as it was received, for a signature check.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path and the query, still encoded.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body; empty for a handshake.
    pub body: &'a [u8],
}

/// The signer of a request, as in `requestContext.identity`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// `accessKey`
    pub access_key: String,
    /// `accountId`, 12 digits
    pub account_id: String,
    /// `caller` and `user`: the principal's unique id
    pub user: String,
    /// `userArn`
    pub user_arn: String,
}

/// Why a signature is rejected. As on AWS, the client gets 403 with both texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRejection {
    /// The header `x-amzn-ErrorType`, such as `InvalidSignatureException`.
    pub kind: &'static str,
    /// `{"message": ..}`
    pub message: String,
}
