//! The functions that an API uses: `AWS::Lambda::Function` and `AWS::Serverless::Function`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use lift_event::limits::{FUNCTION_MEMORY_MB, FUNCTION_TIMEOUT};

use crate::{
    api::Api,
    error::{Notice, Result},
    node::{Node, NodeKind},
    property_reader::PropertyReader,
    resource::Resource,
    route::Authorization,
    sam::schedules,
    schedule::Schedule,
    scope::Scope,
};

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// The user's name for it: its logical id, or its name in serverless.yml.
    pub id: String,
    /// Its name on AWS, which it reads as `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// The runtime, such as `python3.13`.
    pub runtime: Option<String>,
    /// The handler, such as `app.handler`. Its form depends on the runtime.
    pub handler: Option<String>,
    /// Its code.
    pub code: Code,
    /// SAM's `BuildMethod`, such as `rust-cargolambda`.
    pub build_method: Option<String>,
    /// SAM's `BuildProperties.Binary`: the binary of a cargo package.
    pub binary: Option<String>,
    /// The longest time for one event. Lambda's default is 3 s.
    pub timeout: Duration,
    /// Its memory in MB. Lambda's default is 128.
    pub memory_mb: u32,
    /// Its environment variables, without those whose values only AWS has.
    pub environment: BTreeMap<String, String>,
    /// `ReservedConcurrentExecutions`: the most execution environments.
    pub reserved_concurrency: Option<u16>,
    /// Whether a route, the authorizer or a schedule uses it.
    pub is_used: bool,
}

/// The code of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A folder or a file. A relative path starts at the folder of the template.
    Path(PathBuf),
    /// A source text in the template.
    Inline(String),
}

/// Reads the functions. One that nothing here uses, and that cannot be read, becomes a notice.
pub(crate) fn read(
    scope: &Scope<'_>,
    api: &Api,
    schedules: &[Schedule],
    notices: &mut Vec<Notice>,
) -> Result<Vec<Function>> {
    let mut used: BTreeSet<&str> = api.routes.iter().map(|route| &*route.function).collect();
    if let Authorization::Lambda(authorizer) = &api.authorization {
        used.insert(&authorizer.function);
    }
    used.extend(schedules.iter().map(|schedule| &*schedule.function));
    let mut functions = Vec::new();
    for resource in scope.resources().iter().filter(|resource| resource.is_function()) {
        let is_used = used.contains(resource.user_name());
        let before = notices.len();
        match function(scope, resource, is_used, notices) {
            Ok(function) => functions.push(function),
            Err(error) if is_used => return Err(error),
            Err(error) => {
                notices.truncate(before);
                let message = format!("cannot be invoked: {}", error.message());
                let notice = Notice::new(resource.resource_path(), message);
                notices.push(notice.on_line(resource.properties.line));
            }
        }
    }
    Ok(functions)
}

fn function(
    scope: &Scope<'_>,
    resource: &Resource,
    is_used: bool,
    notices: &mut Vec<Notice>,
) -> Result<Function> {
    let mut properties = PropertyReader::of_resource(scope, resource)?;
    let name = scope.eval(&Node::call("Ref", Node::text(0, &*resource.id)))?;
    let metadata = resource.metadata.as_ref();
    let of_metadata = |key: &str| metadata.and_then(|node| node.get(key)).and_then(Node::as_text);
    let seconds = properties.parsed("Timeout", "a number of seconds")?;
    let memory_mb = properties.parsed("MemorySize", "a number of megabytes")?;
    let function = Function {
        id: resource.user_name().to_owned(),
        name: name.as_text().unwrap_or(&resource.id).to_owned(),
        runtime: properties.text("Runtime")?,
        handler: properties.text("Handler")?,
        code: code(&mut properties, of_metadata("aws:asset:path"))?,
        build_method: of_metadata("BuildMethod").map(str::to_owned),
        binary: metadata
            .and_then(|node| node.get("BuildProperties")?.get("Binary")?.as_text())
            .map(str::to_owned),
        timeout: seconds.map_or(FUNCTION_TIMEOUT, Duration::from_secs),
        memory_mb: memory_mb.unwrap_or(FUNCTION_MEMORY_MB),
        environment: environment(&mut properties, notices)?,
        reserved_concurrency: properties
            .parsed("ReservedConcurrentExecutions", "a number of processes")?,
        is_used,
    };
    properties.ignore(&[
        "Architectures",
        "AssumeRolePolicyDocument",
        "AutoPublishAlias",
        "DeploymentPreference",
        "Description",
        "FunctionName",
        "LoggingConfig",
        "PackageType",
        "PermissionsBoundary",
        "Policies",
        "PropagateTags",
        "Role",
        "RuntimeManagementConfig",
        "SnapStart",
        "Tags",
        "Tracing",
        "TracingConfig",
    ]);
    if let Some(mut events) = properties.nested("Events")? {
        events.ignore(&schedules::events_of(resource));
        events.notice_rest("sends no events: only the WebSocket API and schedules do", notices);
    }
    properties.notice(&["Layers"], "are not installed: install their content locally", notices);
    properties.finish(notices);
    Ok(function)
}

/// The code of a function. `asset` is the folder that the CDK packaged.
fn code(properties: &mut PropertyReader<'_>, asset: Option<&str>) -> Result<Code> {
    let not_local = |place: &str| format!("the code is {place}, and not on this machine");
    if let Some(text) = properties.text("InlineCode")? {
        return Ok(Code::Inline(text));
    }
    for key in ["ImageUri", "ImageConfig"] {
        let line = properties.line_of(key);
        if properties.value(key)?.is_some() {
            return Err(properties.error(line, key, not_local("in a container image")));
        }
    }
    for key in ["CodeUri", "Code"] {
        let line = properties.line_of(key);
        let Some(node) = properties.value(key)? else { continue };
        let zip_file = node.get("ZipFile").and_then(Node::as_text);
        return match (&node.kind, zip_file, asset) {
            (_, _, Some(path)) => Ok(Code::Path(path.into())),
            (NodeKind::Text { text, .. }, ..) if text.starts_with("s3://") => {
                Err(properties.error(line, key, not_local("in S3")))
            }
            (NodeKind::Text { text, .. }, ..) => Ok(Code::Path(text.into())),
            (_, Some(text), _) => Ok(Code::Inline(text.to_owned())),
            (NodeKind::Unknown(reason), ..) => Err(properties.error(line, key, reason.clone())),
            _ if node.get("ImageUri").is_some() => {
                Err(properties.error(line, key, not_local("in a container image")))
            }
            _ => Err(properties.error(line, key, not_local("in S3"))),
        };
    }
    Ok(Code::Path(".".into()))
}

fn environment(
    properties: &mut PropertyReader<'_>,
    notices: &mut Vec<Notice>,
) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    let Some(mut environment) = properties.nested("Environment")? else { return Ok(all) };
    let Some(mut variables) = environment.nested("Variables")? else { return Ok(all) };
    for name in variables.keys() {
        let line = variables.line_of(&name);
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!("`{name}` cannot be the name of a variable");
            return Err(variables.error(line, &name, message));
        }
        match variables.text_or_reason(&name)? {
            Some(Ok(value)) => drop(all.insert(name, value)),
            Some(Err(reason)) => {
                let message =
                    format!("is not set: {reason}. Set {name} where you start `lift dev`");
                notices.push(Notice::new(variables.path_of(&name), message).on_line(line));
            }
            None => drop(all.insert(name, String::new())),
        }
    }
    Ok(all)
}
