//! The plan that a template declares.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use lift_gateway::{ApiKey, ApiKeySource, ApiKeys, Rate, Throttles};
use lift_template::{Api, Authorization, Function, Notice, ReadOptions, Template, Throttle};

use super::{
    code, flags, schedules,
    types::{AccessPlan, ApiPlan, AuthorizerPlan, FunctionPlan, Plan, RoutePlan, Runner},
};
use crate::{
    args::{self, AppArgs, DEFAULT_STAGE},
    dev::{
        api::models,
        program::{project::folder, variables},
    },
};

/// The file names of a template in a folder.
const FILE_NAMES: [&str; 6] = [
    "template.yaml",
    "template.yml",
    "template.json",
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
];

/// The template that `args` name, if any.
pub(super) fn find(args: &AppArgs) -> Result<Option<PathBuf>> {
    let found = match (&args.template.template, &args.path) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(path)) if path.is_file() && is_template(path) => Some(path.clone()),
        // A cargo package in the folder is run instead of a template beside it.
        (None, Some(path)) if !args.function.names_main() && !path.join("Cargo.toml").exists() => {
            FILE_NAMES.iter().map(|name| path.join(name)).find(|file| file.is_file())
        }
        _ => None,
    };
    let flags = &args.template;
    if found.is_none() && (flags.api.is_some() || !flags.parameters.is_empty()) {
        bail!("--parameter and --api need a template: pass it as --template FILE");
    }
    Ok(found)
}

fn is_template(file: &Path) -> bool {
    file.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
}

/// Reads a template and finds the code of its functions.
pub(super) async fn read(args: &AppArgs, file: &Path) -> Result<Plan> {
    let flags = &args.function;
    if flags.names_main() || flags.declares_api() {
        bail!(
            "the template declares the functions and routes: leave out --command, --function-url, \
             --attach, --route, --two-way, --select and --authorizer, or the template"
        );
    }
    let shown = file;
    let cannot = || format!("cannot read {}", shown.display());
    let text = fs::read_to_string(file).with_context(cannot)?;
    let file = file.canonicalize().with_context(cannot)?;
    let template_folder = file.parent().unwrap_or(Path::new("/")).to_owned();
    let folder = match &args.path {
        Some(path) if path.is_dir() => folder(path)?,
        _ => template_folder.clone(),
    };
    let name = flags::name_of(&folder);
    let options = read_options(args, &name);
    let template = lift_template::read(&text, &options).map_err(|error| error.in_file(shown))?;
    let Template { functions: mut read, api, schedules, tables, notices: mut ignored, .. } =
        template;

    for named in &flags.functions {
        if read.iter().all(|function| function.id != named.name) {
            let ids: Vec<&str> = read.iter().map(|function| &*function.id).collect();
            bail!("{} has no function {}, only {}", shown.display(), named.name, ids.join(", "));
        }
    }
    let (environment, notices) = flags::read_env_files(&flags.env_files)?;
    let mut functions = Vec::new();
    let mut planned = Vec::new();
    for function in read.drain(..) {
        let runner = code::runner(&function, flags, &template_folder, &mut ignored).await;
        let runner = match runner {
            // No route needs it, and a build takes long.
            Ok(Runner::Package(_)) if !function.is_used => Err(anyhow!(
                "no route, authorizer or schedule uses it, so its package is not built"
            )),
            Err(error) if function.is_used => return Err(error),
            runner => runner,
        };
        match runner {
            Ok(runner) => {
                functions.push(plan(&function, runner, &environment));
                planned.push(function);
            }
            Err(error) => {
                let notice = format!("cannot be invoked: {error:#}");
                ignored.push(Notice::new(&*function.id, notice));
            }
        }
    }
    let read = planned;
    let host = format!("{}.execute-api.{}.amazonaws.com", api.api_id, options.region);
    let api = ApiPlan { host: Some(host), ..api_plan(api, &read)? };
    let schedules = schedules::of_template(schedules, &read);
    Ok(Plan { name, folder, functions, app: None, api, schedules, tables, notices, ignored })
}

fn read_options(args: &AppArgs, name: &str) -> ReadOptions {
    let shell: variables::Variables = std::env::vars_os().collect();
    let text = |value: &std::ffi::OsStr| value.to_str().map(str::to_owned);
    let mut options = ReadOptions::new(name);
    options.region = variables::region(&shell).to_string_lossy().into_owned();
    options.parameters = args.template.parameters.iter().cloned().collect();
    options.stage.clone_from(&args.stage);
    options.api.clone_from(&args.template.api);
    options.environment =
        shell.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    options
}

fn plan(function: &Function, runner: Runner, shared: &BTreeMap<String, String>) -> FunctionPlan {
    let mut environment = function.environment.clone();
    environment.extend(shared.clone());
    let mut plan = FunctionPlan::new(&function.name, runner);
    plan.id = Some(function.id.clone()).filter(|id| *id != function.name);
    plan.handler = function.handler.clone().unwrap_or(plan.handler);
    FunctionPlan {
        is_lazy: !function.is_used,
        timeout: function.timeout,
        memory_mb: function.memory_mb,
        environment,
        concurrency: function.reserved_concurrency,
        ..plan
    }
}

fn api_plan(api: Api, functions: &[Function]) -> Result<ApiPlan> {
    let mut routes = Vec::new();
    for route in api.routes {
        let models = route.models.map(|models| models::compile(&models)).transpose();
        routes.push(RoutePlan {
            two_way: route.two_way,
            function: index_of(functions, &route.function)?,
            models: models.with_context(|| format!("the models of the route {}", route.key))?,
            key: route.key,
        });
    }
    let access = match api.authorization {
        Authorization::None => AccessPlan::Public,
        Authorization::Iam => AccessPlan::Iam,
        Authorization::Lambda(authorizer) => {
            let sources = authorizer.identity_sources.iter().map(|source| source.parse());
            AccessPlan::Lambda(AuthorizerPlan {
                function: index_of(functions, &authorizer.function)?,
                sources: sources
                    .collect::<Result<_, _>>()
                    .context("the authorizer's `IdentitySource`")?,
            })
        }
    };
    let stage = api.stage.name.unwrap_or_else(|| DEFAULT_STAGE.to_owned());
    let selection = api.route_selection.parse();
    Ok(ApiPlan {
        id: Some(api.api_id),
        stage: args::stage(&stage)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("the stage `{stage}`"))?,
        stage_variables: api.stage.variables,
        selection: Some(selection.context("the API's `RouteSelectionExpression`")?),
        routes,
        access,
        api_keys: api.api_keys.map(api_keys),
        throttles: Throttles {
            stage: api.stage.default_throttle.map(rate),
            routes: api
                .stage
                .route_throttles
                .into_iter()
                .map(|(key, one)| (key, rate(one)))
                .collect(),
            ..Throttles::default()
        },
        ..ApiPlan::default()
    })
}

fn index_of(functions: &[Function], id: &str) -> Result<usize> {
    let index = functions.iter().position(|function| function.id == id);
    index.with_context(|| format!("there is no function {id}"))
}

fn api_keys(read: lift_template::ApiKeys) -> ApiKeys {
    let source = if read.from_authorizer { ApiKeySource::Authorizer } else { ApiKeySource::Header };
    let keys = read.keys.into_iter().map(|key| ApiKey { id: key.id, value: key.value, rate: None });
    ApiKeys { keys: keys.collect(), source }
}

fn rate(Throttle { per_second, burst, .. }: Throttle) -> Rate {
    Rate { per_second, burst }
}
