//! The models of an API, and the models of a route.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    error::{Notice, Result},
    node::Node,
    property_reader::{PropertyReader, readers_of_api},
    scope::Scope,
};

/// JSON Schemas by the names of their models.
pub(crate) type Schemas = BTreeMap<String, Value>;

/// The models that messages of a route must match.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RouteModels {
    /// The model selection expression. `None`: every message has the model of the key `$default`.
    pub selection: Option<String>,
    /// At least one.
    pub models: Vec<RouteModel>,
}

/// A model of a route.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RouteModel {
    /// The value of the model selection expression that selects it.
    pub key: String,
    /// The model's name.
    pub name: String,
    /// Its JSON Schema, not validated.
    pub schema: Value,
}

/// Reads the models of an API.
pub(crate) fn read(scope: &Scope<'_>, api_id: &str, notices: &mut Vec<Notice>) -> Result<Schemas> {
    let mut schemas = Schemas::new();
    for (_, mut properties) in readers_of_api(scope, "AWS::ApiGatewayV2::Model", api_id)? {
        let name = properties.required("Name")?;
        let line = properties.line_of("Schema");
        let node = properties.value("Schema")?.unwrap_or(Node::map::<&str>(line, []));
        let schema = match node.as_text() {
            Some(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
            None => node.to_json().map_err(str::to_owned),
        };
        let schema = schema.map_err(|reason| {
            properties.error(line, "Schema", format!("this is not a JSON Schema: {reason}"))
        })?;
        properties.ignore(&["ContentType", "Description"]);
        properties.finish(notices);
        schemas.insert(name, schema);
    }
    Ok(schemas)
}

/// Takes the models of a route out of its properties.
pub(crate) fn take_of_route(
    properties: &mut PropertyReader<'_>,
    schemas: &Schemas,
) -> Result<Option<RouteModels>> {
    let selection = properties.text("ModelSelectionExpression")?;
    let Some(mut request_models) = properties.nested("RequestModels")? else {
        return Ok(None);
    };
    let mut models = Vec::new();
    for key in request_models.keys() {
        let line = request_models.line_of(&key);
        let name = request_models.required(&key)?;
        let Some(schema) = schemas.get(&name).cloned() else {
            let message = format!("there is no model named `{name}`");
            return Err(request_models.error(line, &key, message));
        };
        models.push(RouteModel { key, name, schema });
    }
    Ok(Some(RouteModels { selection, models }))
}
