//! Where the gateway is: its APIs, and how long it may take.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use anyhow::{Context as _, Result, bail};
use lift_ws::event::limits;

use crate::{Finding, Keys, Observed};

/// The APIs that cases need. `docs/src/compatibility.md` tells what each has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// All routes, an authorizer without identity sources, stage variables.
    Main,
    /// The route `two` alone, for everybody.
    Bare,
    /// Routes are selected by `${request.body.service}/${request.body.action}`.
    Composed,
    /// An authorizer that wants `?token=`.
    Token,
    /// An API key is needed.
    Keyed,
    /// `AWS_IAM`.
    Iam,
    /// One handshake, message or call of `@connections` now and then.
    Throttled,
}

impl Api {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Main,
        Self::Bare,
        Self::Composed,
        Self::Token,
        Self::Keyed,
        Self::Iam,
        Self::Throttled,
    ];

    /// As the command line names it.
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
            format!("`{text}` is no API of the suite; there are {names}")
        })
    }
}

/// The times of a gateway, and how long it is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// After so long without a message a connection is closed. AWS: 10 minutes.
    pub idle: Duration,
    /// After so long every connection is closed. AWS: 2 hours.
    pub lifetime: Duration,
    /// So long a client waits for the function. AWS: 29 seconds.
    pub integration: Duration,
    /// What has to come has come by then.
    pub patience: Duration,
    /// What has not come by then does not come.
    pub quiet: Duration,
    /// Cases that have to wait longer than this are left out.
    pub longest: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            idle: limits::IDLE_TIMEOUT,
            lifetime: limits::CONNECTION_LIFETIME,
            integration: limits::INTEGRATION_TIMEOUT,
            patience: Duration::from_secs(10),
            quiet: Duration::from_millis(500),
            longest: Duration::from_secs(5),
        }
    }
}

/// A gateway with the probe behind it.
#[derive(Clone, Debug)]
pub struct Target {
    /// What reports call it.
    pub name: String,
    /// The URLs of its APIs, with the stage.
    pub urls: BTreeMap<Api, String>,
    /// Where `@connections` is, when the WebSocket URL with `http` does not say.
    pub management: BTreeMap<Api, String>,
    /// Signs calls of `@connections`, and the handshakes of [`Api::Iam`].
    pub keys: Option<Keys>,
    /// A key for [`Api::Keyed`].
    pub api_key: Option<String>,
    /// How long things take.
    pub waits: Waits,
}

impl Target {
    /// A gateway without an API yet.
    #[must_use]
    pub fn new(name: impl Into<String>, waits: Waits) -> Self {
        let (urls, management) = (BTreeMap::new(), BTreeMap::new());
        Self { name: name.into(), urls, management, keys: None, api_key: None, waits }
    }

    /// One of its APIs, as a case sees it.
    ///
    /// # Errors
    /// A skip, when the target lacks it.
    pub fn site(&self, api: Api) -> Observed<Site> {
        let Some(url) = self.urls.get(&api) else {
            return Err(Finding::skipped(format!("the target has no API `{api}`")));
        };
        let url = url.trim_end_matches('/').to_owned();
        let management = match self.management.get(&api) {
            Some(management) => management.trim_end_matches('/').to_owned(),
            None => url.replacen("ws", "http", 1),
        };
        let (keys, api_key, waits) = (self.keys.clone(), self.api_key.clone(), self.waits);
        Ok(Site { api, url, management, keys, api_key, waits })
    }
}

/// One API of a gateway.
#[derive(Clone, Debug)]
pub struct Site {
    /// Which one.
    pub api: Api,
    /// Its WebSocket URL, with the stage and without a slash at the end.
    pub url: String,
    /// Its management URL, likewise.
    pub management: String,
    /// What signs.
    pub keys: Option<Keys>,
    /// The key of [`Api::Keyed`].
    pub api_key: Option<String>,
    /// How long things take.
    pub waits: Waits,
}

/// `NAME=URL` or `NAME/API=URL`, as the command line has it.
#[derive(Clone, Debug)]
pub struct Address {
    /// The target's name.
    pub target: String,
    /// The API that the URL is of.
    pub api: Api,
    /// The URL.
    pub url: String,
}

impl Address {
    /// Reads one whose URL has one of these schemes.
    ///
    /// # Errors
    /// When the text is none; the error says what one looks like.
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
