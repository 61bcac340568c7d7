//! The plan: functions, and the API in front of them.

use std::{collections::BTreeMap, env, net::SocketAddr, path::PathBuf, time::Duration};

use lift_event::limits::INTEGRATION_TIMEOUT;
use lift_gateway::{ApiKeys, IdentitySource, Models, Selection, Throttles};
use lift_invoke::Schedule;
use lift_template::{Notice, Table};

use crate::{
    args::Url,
    dev::program::{executable::Executable, managed::Managed, project::Project, variables::region},
};

/// The memory size of a function that declares none, in MB. Lambda's default is 128 MB, but most
/// functions are given more.
const MEMORY_MB: u32 = 1024;

/// The timeout of a function that declares none. Lambda's default is 3 s. A debug build beside a
/// browser and a compiler needs longer, so it gets API Gateway's limit.
const TIMEOUT: Duration = INTEGRATION_TIMEOUT;

/// Functions, and the API in front of them.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The name of the app, and of its table of connections.
    pub(crate) name: String,
    /// The app's folder: its data is in `.lift`, its page in `web`.
    pub(crate) folder: PathBuf,
    /// At least one.
    pub(crate) functions: Vec<FunctionPlan>,
    /// The index of the function that describes its own routes, if nothing else declares them.
    pub(crate) app: Option<usize>,
    pub(crate) api: ApiPlan,
    /// The schedules of a template.
    pub(crate) schedules: Vec<Schedule>,
    /// The tables of a template.
    pub(crate) tables: Vec<Table>,
    /// Warnings about flags, shown at start.
    pub(crate) notices: Vec<String>,
    /// What a template declares and `lift dev` does not do, shown at start.
    pub(crate) ignored: Vec<Notice>,
}

/// One function.
#[derive(Debug)]
pub(crate) struct FunctionPlan {
    /// The user's name for it, if that is not `name`: its logical id in a template.
    pub(crate) id: Option<String>,
    /// The value of `AWS_LAMBDA_FUNCTION_NAME`.
    pub(crate) name: String,
    pub(crate) runner: Runner,
    /// The value of `_HANDLER`.
    pub(crate) handler: String,
    pub(crate) timeout: Duration,
    pub(crate) memory_mb: u32,
    /// The function's variables, which override those of the user's shell.
    pub(crate) environment: BTreeMap<String, String>,
    /// The most events at a time, if the function has a limit of its own.
    pub(crate) concurrency: Option<u16>,
    /// Whether it starts with its first event. Its failure then fails that event only.
    pub(crate) is_lazy: bool,
}

/// Who runs a function, and from what.
#[derive(Debug)]
pub(crate) enum Runner {
    /// Lift runs a package that cargo builds.
    Package(Project),
    /// Lift runs an existing program.
    Command(Executable),
    /// Lift runs a handler for one of Lambda's managed runtimes.
    Managed(Managed),
    /// A server that is invoked by HTTP. `app` is built only to describe its routes.
    Remote { url: Url, app: Option<Project> },
    /// A debugger, whose process uses the Runtime API at `listen`. `app` is built only to describe its
    /// routes.
    Debugger { listen: SocketAddr, app: Option<Project> },
}

/// The API.
#[derive(Debug, Clone, Default)]
pub(crate) struct ApiPlan {
    /// The `apiId` of events.
    pub(crate) id: Option<String>,
    /// The API's host name at AWS, which variables of functions may contain.
    pub(crate) host: Option<String>,
    pub(crate) stage: String,
    pub(crate) stage_variables: BTreeMap<String, String>,
    pub(crate) selection: Option<Selection>,
    /// Each overrides a route of the same key in the app's own description.
    pub(crate) routes: Vec<RoutePlan>,
    /// Models by route key, which override the models of routes.
    pub(crate) models: BTreeMap<String, Models>,
    pub(crate) access: AccessPlan,
    pub(crate) api_keys: Option<ApiKeys>,
    pub(crate) throttles: Throttles,
    /// The subprotocols that the app declares.
    pub(crate) subprotocols: Vec<String>,
}

/// A route.
#[derive(Debug, Clone)]
pub(crate) struct RoutePlan {
    pub(crate) key: String,
    pub(crate) two_way: bool,
    /// The index of its function in the plan.
    pub(crate) function: usize,
    pub(crate) models: Option<Models>,
}

/// Which clients may connect.
#[derive(Debug, Clone, Default)]
pub(crate) enum AccessPlan {
    /// Every client.
    #[default]
    Public,
    /// The clients that a Lambda authorizer allows.
    Lambda(AuthorizerPlan),
    /// The clients whose handshake has an IAM signature.
    Iam,
}

/// A Lambda authorizer.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizerPlan {
    /// The index of its function in the plan.
    pub(crate) function: usize,
    pub(crate) sources: Vec<IdentitySource>,
}

impl Plan {
    /// The region of the first function: that of its variables or the shell's.
    pub(crate) fn region(&self) -> String {
        let of_function = self.functions.iter().take(1).flat_map(|first| &first.environment);
        let of_function = of_function.map(|(name, value)| (name.into(), value.into()));
        let variables = env::vars_os().chain(of_function).collect();
        region(&variables).to_string_lossy().into_owned()
    }

    /// Replaces the URLs of the API at AWS, in the variables of functions, by those of `gateway`.
    /// Calls through an AWS SDK do not need this: a variable sets their endpoint.
    pub(crate) fn point_at_gateway(&mut self, gateway: SocketAddr) {
        let Some(host) = &self.api.host else { return };
        let variables = self.functions.iter_mut().flat_map(|one| one.environment.values_mut());
        for value in variables.filter(|value| value.contains(host)) {
            for (at_aws, local) in [("https", "http"), ("wss", "ws")] {
                *value =
                    value.replace(&format!("{at_aws}://{host}"), &format!("{local}://{gateway}"));
            }
        }
    }

    /// The app's web page, if there is one.
    pub(crate) fn page(&self) -> Option<PathBuf> {
        Some(self.folder.join("web/index.html")).filter(|page| page.is_file())
    }
}

impl FunctionPlan {
    /// A function with default settings.
    pub(crate) fn new(name: impl Into<String>, runner: Runner) -> Self {
        Self {
            id: None,
            name: name.into(),
            runner,
            handler: "bootstrap".to_owned(),
            timeout: TIMEOUT,
            memory_mb: MEMORY_MB,
            environment: BTreeMap::new(),
            concurrency: None,
            is_lazy: false,
        }
    }
}
