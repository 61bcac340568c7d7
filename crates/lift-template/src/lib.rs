//! Reads the WebSocket API of a template into a typed model: SAM, CloudFormation (also as the CDK
//! writes it) and serverless.yml. Text in, a [`Template`] out; this crate does no I/O.
//!
//! ```text
//! text -document-> tree -sam, serverless-> resources -scope, property_reader-> Template
//! ```
//!
//! SAM's own resources and serverless.yml are first rewritten into the CloudFormation resources that
//! their tools deploy. So each kind of resource has one reader: `api`, `route`, `models`, `stage`,
//! `function`, `schedule` and `table`. A part of the template is evaluated when a reader asks for it; a value
//! that only AWS has, such as an export of another stack, is an error only there.
//!
//! What the model does not have becomes a [`Notice`]. Errors and notices name the options of the
//! command `lift`, such as `--parameter`, whose values are [`ReadOptions`].

mod api;
mod document;
mod error;
mod function;
mod models;
mod node;
mod options;
mod property_reader;
mod resource;
mod resources;
mod route;
mod sam;
mod schedule;
mod scope;
mod serverless;
mod stage;
mod table;

pub use self::{
    api::{Api, ApiKey, ApiKeys},
    error::{Notice, TemplateError},
    function::{Code, Function},
    models::{RouteModel, RouteModels},
    options::ReadOptions,
    route::{Authorization, Authorizer, Route},
    schedule::Schedule,
    stage::{Stage, Throttle},
    table::Table,
};

use self::scope::Scope;

/// What a template says about a WebSocket API.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Template {
    /// The functions, in the order of the template.
    pub functions: Vec<Function>,
    /// The WebSocket API.
    pub api: Api,
    /// The schedules of these functions.
    pub schedules: Vec<Schedule>,
    /// The DynamoDB tables.
    pub tables: Vec<Table>,
    /// What the template asks for and this model does not have.
    pub notices: Vec<Notice>,
}

/// Reads the text of a template.
///
/// # Errors
///
/// If the text is not a template, or something in it that the model needs is wrong or unknown. The
/// error has the position; [`in_file`](TemplateError::in_file) adds the file's name.
pub fn read(text: &str, options: &ReadOptions) -> Result<Template, TemplateError> {
    let document = document::parse(text)?;
    if serverless::is_service(&document) {
        let service = serverless::Service::read(&document, options)?;
        let mut scope = Scope::new(&service.document, &service.options)?;
        service.resources.into_iter().for_each(|resource| scope.add(resource));
        resources::add_declared(&mut scope, &service.document)?;
        return collect(&scope, service.notices);
    }
    if document.get("Resources").is_none() {
        let message =
            "this is not a template: it has neither `Resources` nor `functions` (serverless.yml)";
        return Err(TemplateError::no_template(document.line, message));
    }
    let mut notices = Vec::new();
    let document = sam::globals::apply(document, &mut notices);
    let mut scope = Scope::new(&document, options)?;
    resources::add_declared(&mut scope, &document)?;
    sam::websocket_api::expand(&mut scope, &mut notices)?;
    sam::schedules::expand(&mut scope)?;
    collect(&scope, notices)
}

/// Reads all resources of a scope.
fn collect(scope: &Scope<'_>, mut notices: Vec<Notice>) -> Result<Template, TemplateError> {
    let api = api::read(scope, &mut notices)?;
    let schedules = schedule::read(scope, &mut notices)?;
    let functions = function::read(scope, &api, &schedules, &mut notices)?;
    let tables = table::read(scope, &mut notices)?;
    resources::report_unread(scope, &mut notices);
    Ok(Template { functions, api, schedules, tables, notices })
}

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
