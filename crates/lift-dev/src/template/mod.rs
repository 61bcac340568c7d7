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

use std::path::Path;

use anyhow::{Result, anyhow};

pub(crate) use self::api::{Access, Api, ApiKeys};
pub(crate) use self::fault::Notice;
pub(crate) use self::function::{Code, Function};
pub(crate) use self::model::Models;
pub(crate) use self::scope::Given;
pub(crate) use self::stage::Throttle;
pub(crate) use self::table::Table;

use self::{
    fault::{Fault, Read},
    scope::Scope,
};

/// What a template asks for, as far as it concerns a WebSocket API.
#[derive(Debug)]
pub(crate) struct Template {
    /// The functions that the API uses.
    pub(crate) functions: Vec<Function>,
    pub(crate) api: Api,
    pub(crate) tables: Vec<Table>,
    /// What it asks for, too, and `lift dev` does not do.
    pub(crate) ignored: Vec<Notice>,
}

/// Reads the template `file`, whose text this is. Errors begin with the file's name.
pub(crate) fn read(file: &Path, text: &str, given: &Given) -> Result<Template> {
    template(text, given).map_err(|fault| anyhow!("{}{fault}", file.display()))
}

fn template(text: &str, given: &Given) -> Read<Template> {
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

#[cfg(test)]
mod tests;
