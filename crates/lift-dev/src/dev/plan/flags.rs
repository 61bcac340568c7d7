//! The plan that the command line declares by itself: a cargo package, or functions by flags.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::types::{AccessPlan, ApiPlan, AuthorizerPlan, FunctionPlan, Plan, RoutePlan, Runner};
use crate::{
    args::{AppArgs, CommandLine, CommandOrUrl, DEFAULT_STAGE, FunctionArgs, RouteArg},
    dev::program::{
        executable::Executable,
        project::{Project, folder},
        variables::is_passed_on,
    },
};

/// The name of the function in AWS's Runtime Interface Emulator.
const EMULATOR_FUNCTION: &str = "function";

/// Reads the package and the environment files that the flags name.
pub(super) async fn read(args: &AppArgs) -> Result<Plan> {
    let flags = &args.function;
    let path = args.path.as_deref();
    let folder = folder(path.unwrap_or(Path::new(".")))?;
    let mut functions = Vec::new();
    let mut name = name_of(&folder);
    let has_routes = flags.all_routes().any(|(route, _)| route.function.is_none());
    if let Some(runner) = main_runner(flags, path, &folder, has_routes).await? {
        match &runner {
            Runner::Package(project)
            | Runner::Remote { app: Some(project), .. }
            | Runner::Debugger { app: Some(project), .. } => name.clone_from(&project.name),
            Runner::Command(_) | Runner::Managed(_) | Runner::Debugger { app: None, .. } => {}
            Runner::Remote { app: None, .. } => EMULATOR_FUNCTION.clone_into(&mut name),
        }
        functions.push(FunctionPlan::new(&name, runner));
    }
    let has_main = !functions.is_empty();
    let app = (!has_routes && has_main).then_some(0);
    let first_named = functions.len();
    for function in &flags.functions {
        if functions[first_named..].iter().any(|other: &FunctionPlan| other.name == function.name) {
            bail!(
                "two functions have the name {}: give each --function its own name",
                function.name
            );
        }
        let runner = named_runner(&function.value, &folder);
        functions.push(FunctionPlan::new(&function.name, runner));
    }
    let api = api(args, &FunctionNames { functions: &functions, has_main })?;
    let (environment, notices) = read_env_files(&flags.env_files)?;
    for function in &mut functions {
        function.environment = environment.clone();
    }
    let (schedules, tables, ignored) = (Vec::new(), Vec::new(), Vec::new());
    Ok(Plan { name, folder, functions, app, api, schedules, tables, notices, ignored })
}

/// Who runs a function of `--function`; a command runs in `folder`.
pub(super) fn named_runner(value: &CommandOrUrl, folder: &Path) -> Runner {
    match value {
        CommandOrUrl::Command(line) => Runner::Command(executable(line, folder)),
        CommandOrUrl::Url(url) => Runner::Remote { url: url.clone(), app: None },
    }
}

/// Who runs the function without a name, if there is one. `has_routes` says that flags declare its
/// routes.
async fn main_runner(
    flags: &FunctionArgs,
    path: Option<&Path>,
    folder: &Path,
    has_routes: bool,
) -> Result<Option<Runner>> {
    if let Some(line) = &flags.command {
        return Ok(Some(Runner::Command(executable(line, folder))));
    }
    let runs_elsewhere = flags.function_url.is_some() || flags.attach.is_some();
    // A function without declared routes has to be a Lift app, which describes its own. Lift builds
    // it for that, even if it runs elsewhere.
    let project = match path {
        Some(path) if !(runs_elsewhere && has_routes) => Some(Project::read(path, None).await?),
        _ => None,
    };
    if runs_elsewhere && !has_routes && project.is_none() {
        bail!(
            "nothing says which routes the function has: name them, such as --route '$connect' \
             --route say, or pass the folder of a Lift app, which describes its own routes"
        );
    }
    Ok(match (&flags.function_url, flags.attach) {
        (Some(url), _) => Some(Runner::Remote { url: url.clone(), app: project }),
        (None, Some(listen)) => Some(Runner::Debugger { listen, app: project }),
        (None, None) => project.map(Runner::Package),
    })
}

fn executable(line: &CommandLine, folder: &Path) -> Executable {
    let CommandLine { program, args } = line.clone();
    Executable { program: program.into(), args, folder: folder.to_owned() }
}

fn api(args: &AppArgs, names: &FunctionNames<'_>) -> Result<ApiPlan> {
    let flags = &args.function;
    let mut routes: BTreeMap<&str, RoutePlan> = BTreeMap::new();
    for (RouteArg { key, function }, two_way) in flags.all_routes() {
        let function = names.find(function.as_deref(), &format!("the route {key}"))?;
        let route = RoutePlan { key: key.clone(), two_way, function, models: None };
        if routes.insert(key, route).is_some() {
            bail!("the route {key} is given twice: pass one --route or --two-way for it");
        }
    }
    let access = match &flags.authorizer {
        Some(name) => AccessPlan::Lambda(AuthorizerPlan {
            function: names.find(name.as_deref(), "the authorizer")?,
            sources: flags.identity_sources.clone(),
        }),
        None => AccessPlan::Public,
    };
    Ok(ApiPlan {
        stage: args.stage.clone().unwrap_or_else(|| DEFAULT_STAGE.to_owned()),
        selection: flags.select.clone(),
        routes: routes.into_values().collect(),
        access,
        ..ApiPlan::default()
    })
}

/// The functions, found by the names that flags give them.
struct FunctionNames<'a> {
    functions: &'a [FunctionPlan],
    /// Whether the first one is the function without a name.
    has_main: bool,
}

impl FunctionNames<'_> {
    /// The index of the function `name`, or of the one without a name. `user` is what needs it.
    fn find(&self, name: Option<&str>, user: &str) -> Result<usize> {
        let first = usize::from(self.has_main);
        let named = &self.functions[first..];
        let Some(name) = name else {
            if self.has_main {
                return Ok(0);
            }
            bail!("{user} has no function: add `=NAME` with one of {}", list(named));
        };
        match named.iter().position(|function| function.name == name) {
            Some(index) => Ok(first + index),
            None if named.is_empty() => {
                bail!("{user} names the function {name}: add --function {name}=COMMAND")
            }
            None => bail!("{user} names the function {name}, but there is only: {}", list(named)),
        }
    }
}

fn list(functions: &[FunctionPlan]) -> String {
    let names: Vec<&str> = functions.iter().map(|function| &*function.name).collect();
    names.join(", ")
}

/// The name of a function, made from its folder's name by Lambda's rule.
pub(super) fn name_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    let name: String = name.chars().filter(is_allowed).take(64).collect();
    if name.is_empty() { "function".to_owned() } else { name }
}

/// The variables of the files of `--env-file`, of which later files win, and warnings about them.
pub(super) fn read_env_files(files: &[PathBuf]) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let mut all = BTreeMap::new();
    let mut notices = Vec::new();
    for file in files {
        let shown = file.display();
        let lines =
            dotenvy::from_path_iter(file).with_context(|| format!("cannot read {shown}"))?;
        for line in lines {
            let (name, value) =
                line.with_context(|| format!("{shown} is not a file of NAME=VALUE lines"))?;
            if !is_passed_on(OsStr::new(&name)) {
                notices.push(format!("{shown}: {name} is not passed on, because Lambda sets it"));
            }
            all.insert(name, value);
        }
    }
    Ok((all, notices))
}
