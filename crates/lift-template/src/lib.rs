//! Templates: what SAM, CloudFormation and the Serverless Framework would deploy, read for
//! `lift dev`. Text in, plain values out; nothing here touches the file system.
//!
//! ```text
//! text -document-> tree -serverless, websocket_api-> resources -scope, section-> Template
//! ```
//!
//! Serverless services and SAM's own resources are rewritten first, as their tools do it, into the
//! CloudFormation resources that they stand for. So one reader per thing is enough: `api`,
//! `function`, `model` and `table`.

mod api;
mod document;
mod fault;
mod function;
mod globals;
mod model;
mod node;
mod resource;
mod route;
mod scope;
mod section;
mod serverless;
mod stage;
mod table;
mod websocket_api;

pub use self::{
    api::{Access, Api, ApiKeys, Authorizer},
    fault::{Fault as TemplateError, Notice},
    function::{Code, Function},
    model::Models,
    route::Route,
    scope::Given,
    stage::{Stage, Throttle},
    table::Table,
};

use self::{
    fault::{Fault, Read},
    scope::Scope,
};

/// What a template asks for, as far as it concerns a WebSocket API.
#[derive(Debug)]
pub struct Template {
    /// The functions that the API uses.
    pub functions: Vec<Function>,
    /// The WebSocket API.
    pub api: Api,
    /// The DynamoDB tables.
    pub tables: Vec<Table>,
    /// What it asks for, too, and `lift dev` does not do.
    pub ignored: Vec<Notice>,
}

/// Reads a template, whose text this is.
///
/// # Errors
///
/// When the text is no template, or its WebSocket API cannot be read.
pub fn read(text: &str, given: &Given) -> Result<Template, TemplateError> {
    let document = document::read(text)?;
    if serverless::is_one(&document) {
        let service = serverless::Service::read(&document, given)?;
        let mut scope = Scope::new(&service.document, &service.given)?;
        service.resources.into_iter().for_each(|resource| scope.add(resource));
        resource::declared(&mut scope, &service.document)?;
        return collect(&scope, service.notices);
    }
    if document.get("Resources").is_none() {
        let what =
            "this is no template: it has no `Resources`, and no `functions` as serverless.yml has";
        return Err(Fault::new(document.line, what));
    }
    let mut notices = Vec::new();
    let document = globals::applied(document, &mut notices);
    let mut scope = Scope::new(&document, given)?;
    resource::declared(&mut scope, &document)?;
    websocket_api::expand(&mut scope, &mut notices)?;
    collect(&scope, notices)
}

/// Reads all resources.
fn collect(scope: &Scope<'_>, mut notices: Vec<Notice>) -> Read<Template> {
    let api = api::read(scope, &mut notices)?;
    let functions = function::read(scope, &api, &mut notices)?;
    let tables = table::read(scope, &mut notices)?;
    resource::others(scope, &mut notices);
    Ok(Template { functions, api, tables, ignored: notices })
}

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
