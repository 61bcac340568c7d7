//! The models of an API, and those of a route.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    api::of_api,
    fault::{Notice, Read},
    node::Node,
    scope::Scope,
    section::Section,
};

/// JSON Schemas by the names of their models.
pub(super) type Schemas = BTreeMap<String, Value>;

/// Which messages reach the function of a route.
#[derive(Debug, PartialEq)]
pub struct Models {
    /// How a message selects one; `None` is that all messages have the model `$default`.
    pub selection: Option<String>,
    /// By what is selected: the model's name and its JSON Schema.
    pub by_key: Vec<(String, String, Value)>,
}

/// Reads the models of an API.
pub(super) fn read(scope: &Scope<'_>, api_id: &str, notices: &mut Vec<Notice>) -> Read<Schemas> {
    let mut schemas = Schemas::new();
    for (_, mut section) in of_api(scope, "AWS::ApiGatewayV2::Model", api_id)? {
        let name = section.required("Name")?;
        let line = section.line_of("Schema");
        let node = section.take("Schema")?.unwrap_or(Node::map::<&str>(line, []));
        let schema = match node.as_text() {
            Some(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
            None => node.to_json().map_err(str::to_owned),
        };
        let schema = schema.map_err(|why| {
            section.wrong(line, "Schema", format!("this is not a JSON Schema: {why}"))
        })?;
        section.skip(&["ContentType", "Description"]);
        section.finish(notices);
        schemas.insert(name, schema);
    }
    Ok(schemas)
}

impl Models {
    /// Takes the models of a route from its properties.
    pub(super) fn of_route(section: &mut Section<'_>, schemas: &Schemas) -> Read<Option<Self>> {
        let selection = section.text("ModelSelectionExpression")?;
        let Some(mut models) = section.section("RequestModels")? else {
            return Ok(None);
        };
        let mut by_key = Vec::new();
        for key in models.keys() {
            let line = models.line_of(&key);
            let name = models.required(&key)?;
            let Some(schema) = schemas.get(&name) else {
                return Err(models.wrong(line, &key, format!("there is no model named `{name}`")));
            };
            by_key.push((key, name, schema.clone()));
        }
        Ok(Some(Self { selection, by_key }))
    }
}
