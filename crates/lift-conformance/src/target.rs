//! A target: the URLs of a gateway's APIs, and its times.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use anyhow::{Context as _, Result, bail};
use lift_ws::event::limits;

use crate::{CaseResult, Finding, Keys};

/// The APIs that cases use. `docs/src/compatibility.md` describes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// All routes, an authorizer without identity sources, stage variables.
    Main,
    /// Only the route `two`, without authorization.
    Bare,
    /// Routes are selected by `${request.body.service}/${request.body.action}`.
    Composed,
    /// An authorizer with the identity source `?token=`.
    Token,
    /// Requires an API key.
    Keyed,
    /// `AWS_IAM`.
    Iam,
    /// Low rates for handshakes and messages.
    Throttled,
}

impl Api {
    /// All APIs.
    pub const ALL: [Self; 7] = [
        Self::Main,
        Self::Bare,
        Self::Composed,
        Self::Token,
        Self::Keyed,
        Self::Iam,
        Self::Throttled,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Bare => "bare",
            Self::Composed => "composed",
            Self::Token => "token",
            Self::Keyed => "keyed",
            Self::Iam => "iam",
            Self::Throttled => "throttled",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Api {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|api| api.name() == text);
        found.with_context(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{text}` is no API of the suite; these are: {names}")
        })
    }
}

/// The times of a gateway, and how long cases wait for it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Timing {
    /// The time without a message after which a connection is closed. AWS: 10 minutes ([R-7.6]).
    pub idle: Duration,
    /// The lifetime of a connection. AWS: 2 hours ([R-7.6]).
    pub lifetime: Duration,
    /// The integration timeout. AWS: 29 seconds ([R-7.7]).
    pub integration: Duration,
    /// How long to wait for something that has to come.
    pub arrival_timeout: Duration,
    /// How long to wait for something that must not come.
    pub silence: Duration,
    /// Cases that have to wait longer than this are skipped.
    pub max_wait: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            idle: limits::IDLE_TIMEOUT,
            lifetime: limits::CONNECTION_LIFETIME,
            integration: limits::INTEGRATION_TIMEOUT,
            arrival_timeout: Duration::from_secs(10),
            silence: Duration::from_millis(500),
            max_wait: Duration::from_secs(5),
        }
    }
}

/// A gateway with the probe behind it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target {
    /// Its name in reports.
    pub name: String,
    /// The URLs of its APIs, with the stage.
    pub urls: BTreeMap<Api, String>,
    /// The URLs of `@connections`, if they are not the WebSocket URLs with `http`.
    pub management: BTreeMap<Api, String>,
    /// Signs calls of `@connections`, and the handshakes of [`Api::Iam`].
    pub keys: Option<Keys>,
    /// A key for [`Api::Keyed`].
    pub api_key: Option<String>,
    /// Its times.
    pub timing: Timing,
}

impl Target {
    /// A gateway without APIs.
    #[must_use]
    pub fn new(name: impl Into<String>, timing: Timing) -> Self {
        let (urls, management) = (BTreeMap::new(), BTreeMap::new());
        Self { name: name.into(), urls, management, keys: None, api_key: None, timing }
    }

    /// One of its APIs.
    ///
    /// # Errors
    /// A skip if the target has no such API.
    pub fn api(&self, api: Api) -> CaseResult<TargetApi> {
        let Some(url) = self.urls.get(&api) else {
            return Err(Finding::skipped(format!("the target has no API `{api}`")));
        };
        let url = url.trim_end_matches('/').to_owned();
        let management = match self.management.get(&api) {
            Some(management) => management.trim_end_matches('/').to_owned(),
            None => url.replacen("ws", "http", 1),
        };
        let (keys, api_key, timing) = (self.keys.clone(), self.api_key.clone(), self.timing);
        Ok(TargetApi { api, url, management, keys, api_key, timing })
    }
}

/// One API of a target: its URLs, credentials and times.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TargetApi {
    /// The API.
    pub api: Api,
    /// Its WebSocket URL, with the stage and without a slash at the end.
    pub url: String,
    /// Its management URL, likewise.
    pub management: String,
    /// Credentials to sign with.
    pub keys: Option<Keys>,
    /// The key of [`Api::Keyed`].
    pub api_key: Option<String>,
    /// Its times.
    pub timing: Timing,
}

/// `NAME=URL` or `NAME/API=URL`, an argument of the command line.
#[derive(Clone, Debug)]
pub struct Address {
    /// The target's name.
    pub target: String,
    /// The API at the URL.
    pub api: Api,
    /// The URL.
    pub url: String,
}

impl Address {
    /// Parses an argument whose URL has one of these schemes.
    ///
    /// # Errors
    /// If the text has another form; the error describes the form.
    pub fn read(text: &str, schemes: &[&str]) -> Result<Self> {
        let Some((name, url)) = text.split_once('=') else {
            bail!("`{text}` is not `lift`, NAME=URL or NAME/API=URL, such as aws/bare=wss://...");
        };
        if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            bail!("`{url}` does not start with {}", schemes.join(" or "));
        }
        let (target, api) = match name.split_once('/') {
            Some((target, api)) => (target, api.parse()?),
            None => (name, Api::Main),
        };
        Ok(Self { target: target.to_owned(), api, url: url.to_owned() })
    }
}
