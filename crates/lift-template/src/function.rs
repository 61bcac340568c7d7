//! The functions that an API uses: `AWS::Lambda::Function` and `AWS::Serverless::Function`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use lift_event::limits::{FUNCTION_MEMORY_MB, FUNCTION_TIMEOUT};

use super::{
    api::{Access, Api},
    fault::{Fault, Notice, Read},
    node::{Kind, Node},
    resource::Resource,
    scope::Scope,
    section::Section,
};

/// A Lambda function.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// What the user calls it: its logical id, or its name in serverless.yml.
    pub id: String,
    /// Its name, as it learns it itself.
    pub name: String,
    /// Such as `python3.13`.
    pub runtime: Option<String>,
    /// Such as `app.handler`; what it means is for the runtime to say.
    pub handler: Option<String>,
    /// Where its code is.
    pub code: Code,
    /// How SAM would build it, such as `rust-cargolambda`.
    pub build_method: Option<String>,
    /// The binary of the package that is the function, where a build method names it.
    pub binary: Option<String>,
    /// The longest time for one event.
    pub timeout: Duration,
    /// Memory, in MB.
    pub memory_mb: u32,
    /// Its environment variables.
    pub environment: BTreeMap<String, String>,
    /// How many processes there may be at most, if it says so.
    pub concurrency: Option<u16>,
}

/// Where the code of a function is.
#[derive(Debug, PartialEq, Eq)]
pub enum Code {
    /// In a folder, or a file, relative to the template.
    Path(PathBuf),
    /// In the template.
    Inline(String),
}

/// Reads the functions of the routes and the authorizer.
pub(super) fn read(scope: &Scope<'_>, api: &Api, notices: &mut Vec<Notice>) -> Read<Vec<Function>> {
    let mut used: BTreeSet<&str> = api.routes.iter().map(|route| &*route.function).collect();
    if let Access::Lambda(authorizer) = &api.access {
        used.insert(&authorizer.function);
    }
    let mut functions = Vec::new();
    for resource in scope.resources().iter().filter(|resource| resource.is_function()) {
        if used.contains(resource.label()) {
            functions.push(function(scope, resource, notices)?);
        } else {
            let place = resource.whole_place();
            let what =
                "is not started: no route and no authorizer of the API leads to it".to_owned();
            notices.push(Notice { place, what });
        }
    }
    Ok(functions)
}

fn function(scope: &Scope<'_>, resource: &Resource, notices: &mut Vec<Notice>) -> Read<Function> {
    let mut section = Section::new(scope, &resource.place, &resource.properties)?;
    let name = scope.eval(&Node::call("Ref", Node::text(0, &*resource.id)))?;
    let metadata = resource.metadata.as_ref();
    let of_metadata = |key: &str| metadata.and_then(|node| node.get(key)).and_then(Node::as_text);
    let seconds =
        section.parsed("Timeout", "a number of seconds")?.unwrap_or(FUNCTION_TIMEOUT.as_secs());
    let function = Function {
        id: resource.label().to_owned(),
        name: name.as_text().unwrap_or(&resource.id).to_owned(),
        runtime: section.text("Runtime")?,
        handler: section.text("Handler")?,
        code: code(&mut section, of_metadata("aws:asset:path"))?,
        build_method: of_metadata("BuildMethod").map(str::to_owned),
        binary: metadata
            .and_then(|node| node.get("BuildProperties")?.get("Binary")?.as_text())
            .map(str::to_owned),
        timeout: Duration::from_secs(seconds),
        memory_mb: section
            .parsed("MemorySize", "a number of megabytes")?
            .unwrap_or(FUNCTION_MEMORY_MB),
        environment: environment(&mut section, notices)?,
        concurrency: section.parsed("ReservedConcurrentExecutions", "a number of processes")?,
    };
    section.skip(&[
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
    if let Some(mut events) = section.section("Events")? {
        let keys = events.keys();
        let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
        events.notice(&keys, "brings no events: the WebSocket API alone does", notices);
    }
    section.notice(&["Layers"], "are not there: install what is in them", notices);
    section.finish(notices);
    Ok(function)
}

fn code(section: &mut Section<'_>, asset: Option<&str>) -> Read<Code> {
    let elsewhere = |what: &str| format!("the code is {what}, and not on this machine");
    if let Some(text) = section.text("InlineCode")? {
        return Ok(Code::Inline(text));
    }
    for key in ["ImageUri", "ImageConfig"] {
        if section.take(key)?.is_some() {
            let what = elsewhere("an image");
            return Err(section.wrong(section.line_of(key), key, what));
        }
    }
    for key in ["CodeUri", "Code"] {
        let line = section.line_of(key);
        let Some(node) = section.take(key)? else { continue };
        return match (&node.kind, node.get("ZipFile").and_then(Node::as_text), asset) {
            // The tool that wrote the template says where it took the code from.
            (_, _, Some(path)) => Ok(Code::Path(path.into())),
            (Kind::Text { text, .. }, ..) if text.starts_with("s3://") => {
                Err(section.wrong(line, key, elsewhere("in S3")))
            }
            (Kind::Text { text, .. }, ..) => Ok(Code::Path(text.into())),
            (_, Some(text), _) => Ok(Code::Inline(text.to_owned())),
            (Kind::Unknown(why), ..) => Err(section.wrong(line, key, why.clone())),
            _ if node.get("ImageUri").is_some() => {
                Err(section.wrong(line, key, elsewhere("an image")))
            }
            _ => Err(section.wrong(line, key, elsewhere("in S3"))),
        };
    }
    Ok(Code::Path(".".into()))
}

fn environment(
    section: &mut Section<'_>,
    notices: &mut Vec<Notice>,
) -> Read<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    let Some(mut environment) = section.section("Environment")? else { return Ok(all) };
    let Some(mut variables) = environment.section("Variables")? else { return Ok(all) };
    for name in variables.keys() {
        let line = variables.line_of(&name);
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(Fault::new(line, format!("`{name}` cannot be the name of a variable")));
        }
        match variables.text_or_why(&name)? {
            Some(Ok(value)) => drop(all.insert(name, value)),
            Some(Err(why)) => notices.push(Notice {
                place: variables.place_of(&name),
                what: format!("is not set: {why}. Set {name} where you start `lift dev`"),
            }),
            None => drop(all.insert(name, String::new())),
        }
    }
    Ok(all)
}
