//! Resolves the variables of serverless.yml, such as `${self:custom.table}` and
//! `${opt:stage, 'dev'}`.
//!
//! `${AWS::Region}` and `${Name}` belong to CloudFormation and stay.

use std::cell::{Cell, RefCell};

use crate::{
    error::{Result, TemplateError},
    node::{Node, NodeKind},
    options::ReadOptions,
};

/// The most variables that are resolved, more than any service has. Without a limit, variables that
/// name each other twice double the work with each step.
const MAX_LOOKUPS: usize = 20_000;

/// The deepest nesting of variables and maps.
const MAX_DEPTH: usize = 64;

/// The longest text that variables make.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// The sources of variables.
pub(super) struct Variables<'a> {
    document: &'a Node,
    options: &'a ReadOptions,
    stage: String,
    /// The paths of `${self:..}` that are being resolved, the outermost first.
    in_progress: RefCell<Vec<String>>,
    depth: Cell<usize>,
    lookups: Cell<usize>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(document: &'a Node, options: &'a ReadOptions) -> Result<Self> {
        let mut variables = Self {
            document,
            options,
            stage: options.stage.clone().unwrap_or_else(|| "dev".to_owned()),
            in_progress: RefCell::default(),
            depth: Cell::default(),
            lookups: Cell::default(),
        };
        let provider = document.get("provider");
        if options.stage.is_none()
            && let Some(stage) = provider.and_then(|one| one.get("stage"))
        {
            let value =
                variables.resolve(stage).map_err(|error| error.with_path("provider.stage"))?;
            match value.as_text() {
                Some(text) => text.clone_into(&mut variables.stage),
                None => {
                    let reason = value.unknown_reason().unwrap_or("it is not a text");
                    let message = format!("the stage is unknown: {reason}. Pass --stage NAME");
                    return Err(TemplateError::new(stage.line, message).with_path("provider.stage"));
                }
            }
        }
        Ok(variables)
    }

    pub(super) fn stage(&self) -> &str {
        &self.stage
    }

    /// The value with all variables in it resolved.
    pub(super) fn resolve(&self, node: &Node) -> Result<Node> {
        if self.depth.get() > MAX_DEPTH {
            return Err(TemplateError::new(node.line, "variables are nested too deeply here"));
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = match &node.kind {
            NodeKind::Text { text, .. } if text.contains("${") => self.text(text, node.line),
            NodeKind::List(items) => {
                let items = items.iter().map(|item| self.resolve(item)).collect::<Result<_>>();
                items.map(|items| Node::new(node.line, NodeKind::List(items)))
            }
            NodeKind::Map(entries) => entries
                .iter()
                .map(|(key, value)| {
                    let value = self.resolve(value).map_err(|error| error.below(key))?;
                    Ok((key.clone(), value))
                })
                .collect::<Result<Vec<_>>>()
                .map(|entries| Node::new(node.line, NodeKind::Map(entries))),
            _ => Ok(node.clone()),
        };
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    fn text(&self, text: &str, line: usize) -> Result<Node> {
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((inner, after)) = split_at_closing_brace(after) else {
                return Err(TemplateError::new(line, format!("`${{{after}` has no `}}`")));
            };
            let is_whole = made.is_empty() && after.is_empty() && text.len() == rest.len();
            rest = after;
            if !is_variable(inner) {
                made = made + "${" + inner + "}";
                continue;
            }
            let inner = self.resolve(&Node::text(line, inner))?;
            let Some(inner) = inner.as_text() else { return Ok(inner) };
            let value = self.look_up(inner, line)?;
            if is_whole {
                return Ok(value);
            }
            match value.kind {
                NodeKind::Text { text, .. } => made.push_str(&text),
                NodeKind::Unknown(_) => return Ok(value),
                _ => return Err(TemplateError::new(line, format!("`${{{inner}}}` is not a text"))),
            }
            if made.len() > MAX_TEXT_BYTES {
                let message = format!("this makes a text of more than {MAX_TEXT_BYTES} bytes");
                return Err(TemplateError::new(line, message));
            }
        }
        made.push_str(rest);
        Ok(Node::text(line, made))
    }

    /// The value of the first source that has one.
    fn look_up(&self, sources: &str, line: usize) -> Result<Node> {
        self.lookups.set(self.lookups.get() + 1);
        if self.lookups.get() > MAX_LOOKUPS {
            return Err(TemplateError::new(
                line,
                format!("the service has more than {MAX_LOOKUPS} variables"),
            ));
        }
        let mut unknown = None;
        for source in sources.split(',').map(str::trim) {
            match self.source(source, line)? {
                Ok(value) => return Ok(value),
                Err(reason) => unknown = unknown.or(reason),
            }
        }
        let reason = unknown.unwrap_or_else(|| {
            format!(
                "`${{{sources}}}` has no value: give it a default, as in `${{{sources}, 'value'}}`"
            )
        });
        Ok(Node::new(line, NodeKind::Unknown(reason)))
    }

    /// The value of one source. `Err` if it has none, with the reason if it has one on AWS.
    fn source(&self, source: &str, line: usize) -> Result<Result<Node, Option<String>>> {
        if let Some(literal) = literal(source) {
            return Ok(Ok(Node::new(line, literal)));
        }
        let text = |text: Option<String>| Ok(text.map(|text| Node::text(line, text)).ok_or(None));
        let options = self.options;
        let Some((scheme, address)) = source.split_once(':') else {
            return Ok(Err(Some(format!("`lift dev` does not look up `${{{source}}}`"))));
        };
        match (scheme, address) {
            ("self", path) => self.value_at(path, line),
            ("env", name) => text(options.environment.get(name).cloned()),
            ("opt", "stage") => text(options.stage.clone()),
            ("opt", "region") | ("aws", "region") => text(Some(options.region.clone())),
            ("aws", "accountId") => text(Some(options.account_id.clone())),
            ("sls", "stage") => text(Some(self.stage.clone())),
            ("sls", "instanceId") => text(Some("local".to_owned())),
            ("opt", name) => text(options.parameters.get(name).cloned()),
            ("param", name) => match options.parameters.get(name) {
                Some(value) => text(Some(value.clone())),
                None => {
                    let stage = &self.stage;
                    let mut found = Ok(Err(None));
                    for path in [
                        format!("params.{stage}.{name}"),
                        format!("stages.{stage}.params.{name}"),
                        format!("params.default.{name}"),
                        format!("stages.default.params.{name}"),
                    ] {
                        found = self.value_at(&path, line);
                        if !matches!(found, Ok(Err(_))) {
                            return found;
                        }
                    }
                    let reason =
                        format!("there is no parameter `{name}`: pass --parameter {name}=VALUE");
                    found.map(|none| none.or(Err(Some(reason))))
                }
            },
            _ => Ok(Err(Some(format!("`lift dev` does not look up `${{{source}}}`")))),
        }
    }

    /// A value of the service: `${self:..}`.
    fn value_at(&self, path: &str, line: usize) -> Result<Result<Node, Option<String>>> {
        let mut found = Some(self.document);
        for key in path.split('.').filter(|key| !key.is_empty()) {
            found = found.and_then(|node| match key.parse::<usize>() {
                Ok(index) if !node.items().is_empty() => node.items().get(index),
                _ => node.get(key),
            });
        }
        let Some(found) = found else { return Ok(Err(None)) };
        if self.in_progress.borrow().iter().any(|one| one == path) {
            return Err(TemplateError::new(line, format!("`${{self:{path}}}` refers to itself")));
        }
        self.in_progress.borrow_mut().push(path.to_owned());
        let value = self.resolve(found);
        self.in_progress.borrow_mut().pop();
        value.map(|value| match value.kind {
            NodeKind::Null => Err(None),
            NodeKind::Unknown(reason) => Err(Some(reason)),
            _ => Ok(value),
        })
    }
}

/// A literal as a default value.
fn literal(source: &str) -> Option<NodeKind> {
    for quote in ['\'', '"'] {
        if let Some(text) = source.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Some(NodeKind::Text { text: text.to_owned(), quoted: true });
        }
    }
    match source {
        "" | "null" => Some(NodeKind::Null),
        "true" | "false" => Some(NodeKind::Text { text: source.to_owned(), quoted: false }),
        number if number.parse::<f64>().is_ok() => {
            Some(NodeKind::Text { text: number.to_owned(), quoted: false })
        }
        _ => None,
    }
}

/// The text before the closing brace, and the text after it.
fn split_at_closing_brace(text: &str) -> Option<(&str, &str)> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some((&text[..at], &text[at + 1..])),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Whether this is a variable of the framework, such as `self:custom.table`, and not of
/// CloudFormation, such as `Table` or `AWS::Region`.
fn is_variable(inner: &str) -> bool {
    let name =
        inner.trim_start().trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    name.starts_with('(') || (name.starts_with(':') && !name.starts_with("::"))
}
