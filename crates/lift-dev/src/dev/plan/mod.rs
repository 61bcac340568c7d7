//! What is to be run, whatever says so: functions, and the API before them. Nothing here is built
//! or started yet.
//!
//! ```text
//! flags, PATH, template -> Plan -> functions: build, start -> targets
//!                            '---> api: with what the app says of itself -> the gateway's settings
//! ```

mod code;
mod env_file;
mod flags;
mod template;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Result;
use lift_event::limits::INTEGRATION_TIMEOUT;
use lift_gateway::{ApiKeys, IdentitySource, Models, Selection, Throttles};
use lift_template::{Notice, Table};

use crate::{
    args::{AppArgs, Url},
    dev::program::{executable::Executable, managed::Managed, project::Project},
};

/// The stage, when nothing names one.
const STAGE: &str = "local";

/// What Lambda gives a function by default is 128 MB; what people give it is this.
const MEMORY_MB: u32 = 1024;

/// How long one event may take. Lambda's default of 3 s is for functions on its own machines; a
/// debug build beside a browser and a compiler gets what API Gateway waits for at most.
const TIMEOUT: Duration = INTEGRATION_TIMEOUT;

/// Functions, and the API before them.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The name of the whole, and of what is kept for it.
    pub(crate) name: String,
    /// Where it lives: `.lift` with the data goes here, and a page is in `web`.
    pub(crate) folder: PathBuf,
    /// At least one.
    pub(crate) functions: Vec<FunctionPlan>,
    /// The function that is asked which routes it has, because nothing else says so.
    pub(crate) app: Option<usize>,
    pub(crate) api: ApiPlan,
    /// The tables of a template.
    pub(crate) tables: Vec<Table>,
    /// What is asked for and not done: said at start.
    pub(crate) notices: Vec<String>,
    /// What a template asks for and nobody does: said at start, too.
    pub(crate) ignored: Vec<Notice>,
}

/// One function.
#[derive(Debug)]
pub(crate) struct FunctionPlan {
    /// As in `AWS_LAMBDA_FUNCTION_NAME`.
    pub(crate) name: String,
    pub(crate) source: Source,
    /// `_HANDLER`
    pub(crate) handler: String,
    pub(crate) timeout: Duration,
    pub(crate) memory_mb: u32,
    /// Its own variables, which go before the user's shell.
    pub(crate) environment: BTreeMap<String, String>,
    /// At most so many events at a time, if not as many as all may have.
    pub(crate) concurrency: Option<u16>,
}

/// Who runs a function, and from what.
#[derive(Debug)]
pub(crate) enum Source {
    /// We do: a package that cargo builds.
    Package(Project),
    /// We do: a program that is there.
    Command(Executable),
    /// We do: a handler for a runtime that Lambda brings along.
    Managed(Managed),
    /// Somebody else, who is asked by HTTP. A package is built only to be asked for its routes.
    Url { url: Url, app: Option<Project> },
    /// A debugger, whose process finds its Runtime API at this address.
    Attach { listen: SocketAddr, app: Option<Project> },
}

/// The API.
#[derive(Debug, Clone, Default)]
pub(crate) struct ApiPlan {
    /// What events carry as `apiId`.
    pub(crate) id: Option<String>,
    /// The name of its host at AWS, as functions may have been told it.
    pub(crate) host: Option<String>,
    pub(crate) stage: String,
    pub(crate) stage_variables: BTreeMap<String, String>,
    pub(crate) selection: Option<Selection>,
    /// Each goes before one of the same key that the app says of itself.
    pub(crate) routes: Vec<RoutePlan>,
    /// Models by route key, which go before those of the routes.
    pub(crate) models: BTreeMap<String, Models>,
    pub(crate) access: AccessPlan,
    pub(crate) api_keys: Option<ApiKeys>,
    pub(crate) throttles: Throttles,
}

/// A route.
#[derive(Debug, Clone)]
pub(crate) struct RoutePlan {
    pub(crate) key: String,
    pub(crate) two_way: bool,
    /// Which of the functions.
    pub(crate) function: usize,
    pub(crate) models: Option<Models>,
}

/// Who may connect.
#[derive(Debug, Clone, Default)]
pub(crate) enum AccessPlan {
    #[default]
    Everybody,
    Lambda(AuthorizerPlan),
    /// Who signs the handshake.
    Iam,
}

/// A Lambda authorizer.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizerPlan {
    /// Which of the functions.
    pub(crate) function: usize,
    pub(crate) sources: Vec<IdentitySource>,
}

impl Plan {
    /// What `args` ask for.
    pub(crate) async fn read(args: &AppArgs) -> Result<Self> {
        match template::find(args)? {
            Some(file) => template::read(args, &file).await,
            None => flags::read(args).await,
        }
    }

    /// Leads functions that were told of their API at AWS to the gateway here. Those that ask an
    /// SDK need no such thing, as a variable leads it.
    pub(crate) fn lead_here(&mut self, gateway: SocketAddr) {
        let Some(host) = &self.api.host else { return };
        let all = self.functions.iter_mut().flat_map(|one| one.environment.values_mut());
        for value in all.filter(|value| value.contains(host)) {
            for (there, here) in [("https", "http"), ("wss", "ws")] {
                *value =
                    value.replace(&format!("{there}://{host}"), &format!("{here}://{gateway}"));
            }
        }
    }

    /// The web page, if there is one.
    pub(crate) fn page(&self) -> Option<PathBuf> {
        Some(self.folder.join("web/index.html")).filter(|page| page.is_file())
    }
}

impl FunctionPlan {
    /// A function with what is usual.
    pub(crate) fn new(name: impl Into<String>, source: Source) -> Self {
        Self {
            name: name.into(),
            source,
            handler: "bootstrap".to_owned(),
            timeout: TIMEOUT,
            memory_mb: MEMORY_MB,
            environment: BTreeMap::new(),
            concurrency: None,
        }
    }
}
