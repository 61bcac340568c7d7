//! Models of routes: JSON Schemas, of draft 4 unless they name another.

use std::{error::Error, fs, path::Path, sync::Arc};

use anyhow::{Context as _, Result, anyhow};
use boon::{CompileError, Compiler, Draft, Schemas, UrlLoader};
use lift_gateway::{Models, Selection};
use serde_json::Value;

/// The models of a template's route, for the gateway.
pub(crate) fn compile(models: &lift_template::RouteModels) -> Result<Models> {
    let selection = match &models.selection {
        Some(expression) => expression.parse::<Selection>()?,
        None => Selection::default(),
    };
    let mut compiled = Models::new(selection);
    for model in &models.models {
        compiled = compiled.with_model(&model.key, checker(&model.name, model.schema.clone())?);
    }
    Ok(compiled)
}

/// Reads a model from a file. It applies to all messages of a route.
pub(crate) fn read(file: &Path) -> Result<Models> {
    let shown = file.display();
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read the model {shown}"))?;
    let schema = serde_json::from_str(&text).with_context(|| format!("{shown} is not JSON"))?;
    Ok(Models::one(checker(&shown.to_string(), schema)?))
}

/// A function that checks messages against a schema and says why one does not match.
fn checker(
    name: &str,
    schema: Value,
) -> Result<impl Fn(&str) -> Result<(), String> + Send + Sync + 'static> {
    // API Gateway allows letters and digits in names. Other characters must not change the URL.
    let path: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let url = format!("model://local/{path}");
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V4);
    compiler.use_loader(Box::new(NoLoader));
    let mut schemas = Schemas::new();
    let wrong = |error: CompileError| anyhow!("the model {name} is not a JSON Schema: {error:#}");
    compiler.add_resource(&url, schema).map_err(wrong)?;
    let index = compiler.compile(&url, &mut schemas).map_err(wrong)?;
    let schemas = Arc::new(schemas);
    let name = name.to_owned();
    Ok(move |message: &str| {
        let message: Value =
            serde_json::from_str(message).map_err(|error| format!("it is not JSON: {error}"))?;
        schemas.validate(&message, index).map_err(|error| {
            // The first line only says that the check failed; the others say where.
            let text = error.to_string();
            let why: Vec<&str> =
                text.lines().skip(1).map(|line| line.trim_start_matches([' ', '-'])).collect();
            format!("the model {name} does not allow it: {}", why.join("; "))
        })
    })
}

/// Loads no schema: a schema must not read files or make requests.
struct NoLoader;

impl UrlLoader for NoLoader {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("`lift dev` does not load {url}").into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::checker;

    #[test]
    fn messages_are_checked_by_draft_4() {
        let schema = json!({
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string"}, "n": {"minimum": 1, "exclusiveMinimum": true}},
        });
        let check = checker("Say", schema).expect("a schema");
        assert_eq!(check(r#"{"text":"a","n":1.5}"#), Ok(()));
        for (message, why) in [
            ("hello", "it is not JSON: expected value at line 1 column 1"),
            ("3", "the model Say does not allow it: at '': want object, but got number"),
            ("{}", "the model Say does not allow it: at '': missing properties 'text'"),
            // Only draft 4 has a boolean `exclusiveMinimum`.
            (
                r#"{"text":"","n":1}"#,
                "the model Say does not allow it: at '/n': must be > 1 but got 1",
            ),
        ] {
            assert_eq!(check(message), Err(why.to_owned()), "{message}");
        }
    }

    #[test]
    fn invalid_schemas_and_references_are_refused() {
        let not_one = |schema| format!("{:#}", checker("Say", schema).err().expect("not one"));
        assert!(not_one(json!({"type": 3})).starts_with("the model Say is not a JSON Schema: "));
        for elsewhere in ["file:///etc/passwd", "http://example.com/a", "model://local/b"] {
            let error = not_one(json!({"$ref": elsewhere}));
            assert!(error.contains(&format!("`lift dev` does not load {elsewhere}")), "{error}");
        }
    }
}
