//! The plan that the command line states by itself: a package of cargo, or what the flags of a
//! function say.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, bail};

use super::{
    AccessPlan, ApiPlan, AuthorizerPlan, FunctionPlan, Plan, RoutePlan, STAGE, Source, env_file,
};
use crate::{
    args::{AppArgs, CommandLine, FunctionArgs, RouteArg, Runs},
    dev::program::{
        executable::Executable,
        project::{Project, folder},
    },
};

/// What AWS's Runtime Interface Emulator calls its function.
const EMULATED: &str = "function";

/// Reads what the flags name: a package, environment files.
pub(super) async fn read(args: &AppArgs) -> Result<Plan> {
    let flags = &args.function;
    let path = args.path.as_deref();
    let folder = folder(path.unwrap_or(Path::new(".")))?;
    let mut functions = Vec::new();
    let mut name = name_of(&folder);
    let is_routed = flags.all_routes().any(|(route, _)| route.function.is_none());
    if let Some(source) = main(flags, path, &folder, is_routed).await? {
        match &source {
            Source::Package(project)
            | Source::Url { app: Some(project), .. }
            | Source::Attach { app: Some(project), .. } => name.clone_from(&project.name),
            Source::Command(_) | Source::Managed(_) | Source::Attach { app: None, .. } => {}
            Source::Url { app: None, .. } => EMULATED.clone_into(&mut name),
        }
        functions.push(FunctionPlan::new(&name, source));
    }
    let app = (!is_routed && !functions.is_empty()).then_some(0);
    let named = functions.len();
    for function in &flags.functions {
        if functions[named..].iter().any(|other: &FunctionPlan| other.name == function.name) {
            bail!(
                "the function {} is named twice: give each --function its own name",
                function.name
            );
        }
        functions.push(FunctionPlan::new(&function.name, source(&function.runs, &folder)));
    }
    let names = Names { functions: &functions, has_main: named == 1 };
    let api = api(args, &names)?;
    let (environment, notices) = env_file::read_all(&flags.env_files)?;
    for function in &mut functions {
        function.environment = environment.clone();
    }
    let (tables, ignored) = (Vec::new(), Vec::new());
    Ok(Plan { name, folder, functions, app, api, tables, notices, ignored })
}

/// Who runs a function that is named, in `folder` if we do.
pub(super) fn source(runs: &Runs, folder: &Path) -> Source {
    match runs {
        Runs::Command(line) => Source::Command(executable(line, folder)),
        Runs::Elsewhere(url) => Source::Url { url: url.clone(), app: None },
    }
}

/// The function without a name of its own, if there is one.
async fn main(
    flags: &FunctionArgs,
    path: Option<&Path>,
    folder: &Path,
    is_routed: bool,
) -> Result<Option<Source>> {
    if let Some(line) = &flags.command {
        return Ok(Some(Source::Command(executable(line, folder))));
    }
    let is_elsewhere = flags.function_url.is_some() || flags.attach.is_some();
    // Without routes of its own it is an app that knows them, and whoever runs it, we can ask it.
    let project = match path {
        Some(path) if !(is_elsewhere && is_routed) => Some(Project::read(path, None).await?),
        _ => None,
    };
    if is_elsewhere && !is_routed && project.is_none() {
        bail!(
            "nothing says which routes the function has: name them, such as --route '$connect' \
             --route say, or pass the folder of a Lift app, which knows its own"
        );
    }
    Ok(match (&flags.function_url, flags.attach) {
        (Some(url), _) => Some(Source::Url { url: url.clone(), app: project }),
        (None, Some(listen)) => Some(Source::Attach { listen, app: project }),
        (None, None) => project.map(Source::Package),
    })
}

fn executable(line: &CommandLine, folder: &Path) -> Executable {
    let CommandLine { program, args } = line.clone();
    Executable { program: program.into(), args, folder: folder.to_owned() }
}

fn api(args: &AppArgs, names: &Names<'_>) -> Result<ApiPlan> {
    let flags = &args.function;
    let mut routes: BTreeMap<&str, RoutePlan> = BTreeMap::new();
    for (RouteArg { key, function }, two_way) in flags.all_routes() {
        let function = names.find(function.as_deref(), &format!("the route {key}"))?;
        let route = RoutePlan { key: key.clone(), two_way, function, models: None };
        if routes.insert(key, route).is_some() {
            bail!("the route {key} is named twice: one --route or --two-way is enough");
        }
    }
    let access = match &flags.authorizer {
        Some(name) => AccessPlan::Lambda(AuthorizerPlan {
            function: names.find(name.as_deref(), "the authorizer")?,
            sources: flags.identity_sources.clone(),
        }),
        None => AccessPlan::Everybody,
    };
    Ok(ApiPlan {
        stage: args.stage.clone().unwrap_or_else(|| STAGE.to_owned()),
        selection: flags.select.clone(),
        routes: routes.into_values().collect(),
        access,
        ..ApiPlan::default()
    })
}

/// Functions by the names that flags give them.
struct Names<'a> {
    functions: &'a [FunctionPlan],
    /// Whether the first one is the function without a name.
    has_main: bool,
}

impl Names<'_> {
    /// The function of that name, or the one without, for `what`.
    fn find(&self, name: Option<&str>, what: &str) -> Result<usize> {
        let first = usize::from(self.has_main);
        let named = &self.functions[first..];
        let Some(name) = name else {
            if self.has_main {
                return Ok(0);
            }
            bail!("{what} has no function: add `=NAME` with one of {}", list(named));
        };
        match named.iter().position(|function| function.name == name) {
            Some(place) => Ok(first + place),
            None if named.is_empty() => {
                bail!("{what} names the function {name}: say what it is, --function {name}=COMMAND")
            }
            None => bail!("{what} names the function {name}, but there is only: {}", list(named)),
        }
    }
}

fn list(functions: &[FunctionPlan]) -> String {
    let names: Vec<&str> = functions.iter().map(|function| &*function.name).collect();
    names.join(", ")
}

/// A function's name after its folder.
pub(super) fn name_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    let name: String = name.chars().filter(allowed).take(64).collect();
    if name.is_empty() { "function".to_owned() } else { name }
}
