//! The variables of serverless.yml: `${self:custom.table}`, `${opt:stage, 'dev'}` and the like.
//!
//! `${AWS::Region}` and `${Name}` are CloudFormation's and are left to it.

use std::cell::{Cell, RefCell};

use crate::{
    fault::{Fault, Read},
    node::{Kind, Node},
    scope::Given,
};

/// More than any service looks up. Variables that name each other twice would double the work.
const MOST: usize = 20_000;

/// So deep may variables and maps be within each other.
const DEEPEST: usize = 64;

/// Where the values of variables come from.
pub(super) struct Variables<'a> {
    document: &'a Node,
    given: &'a Given,
    stage: String,
    within: RefCell<Vec<String>>,
    depth: Cell<usize>,
    looked_up: Cell<usize>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(document: &'a Node, given: &'a Given) -> Read<Self> {
        let mut variables = Self {
            document,
            given,
            stage: given.stage.clone().unwrap_or_else(|| "dev".to_owned()),
            within: RefCell::default(),
            depth: Cell::default(),
            looked_up: Cell::default(),
        };
        let provider = document.get("provider");
        if given.stage.is_none()
            && let Some(stage) = provider.and_then(|one| one.get("stage"))
        {
            let value = variables.resolve(stage).map_err(|fault| fault.at("provider.stage"))?;
            match value.as_text() {
                Some(text) => text.clone_into(&mut variables.stage),
                None => {
                    let why = value.why_unknown().unwrap_or("it is not a text");
                    let what = format!("the stage is not known: {why}. Pass --stage NAME");
                    return Err(Fault::new(stage.line, what).at("provider.stage"));
                }
            }
        }
        Ok(variables)
    }

    pub(super) fn stage(&self) -> &str {
        &self.stage
    }

    /// The same with the values of all variables in it.
    pub(super) fn resolve(&self, node: &Node) -> Read<Node> {
        if self.depth.get() > DEEPEST {
            return Err(Fault::new(node.line, "variables are nested too deep here"));
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = match &node.kind {
            Kind::Text { text, .. } if text.contains("${") => self.text(text, node.line),
            Kind::List(items) => {
                let items = items.iter().map(|item| self.resolve(item)).collect::<Read<_>>();
                items.map(|items| Node::new(node.line, Kind::List(items)))
            }
            Kind::Map(entries) => entries
                .iter()
                .map(|(key, value)| {
                    let value = self.resolve(value).map_err(|fault| fault.below(key))?;
                    Ok((key.clone(), value))
                })
                .collect::<Read<Vec<_>>>()
                .map(|entries| Node::new(node.line, Kind::Map(entries))),
            _ => Ok(node.clone()),
        };
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    fn text(&self, text: &str, line: usize) -> Read<Node> {
        let mut made = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((inner, after)) = balanced(after) else {
                return Err(Fault::new(line, format!("`${{{after}` has no end")));
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
                Kind::Text { text, .. } => made.push_str(&text),
                Kind::Unknown(_) => return Ok(value),
                _ => return Err(Fault::new(line, format!("`${{{inner}}}` is not a text"))),
            }
            if made.len() > 64 * 1024 {
                return Err(Fault::new(line, "this makes a text of more than 64 KB"));
            }
        }
        made.push_str(rest);
        Ok(Node::text(line, made))
    }

    /// The first of several sources that has a value.
    fn look_up(&self, sources: &str, line: usize) -> Read<Node> {
        self.looked_up.set(self.looked_up.get() + 1);
        if self.looked_up.get() > MOST {
            return Err(Fault::new(
                line,
                format!("there are more than {MOST} variables up to here"),
            ));
        }
        let mut unknown = None;
        for source in sources.split(',').map(str::trim) {
            match self.source(source, line)? {
                Ok(value) => return Ok(value),
                Err(why) => unknown = unknown.or(why),
            }
        }
        let why = unknown.unwrap_or_else(|| {
            format!(
                "`${{{sources}}}` has no value: give it a default, as in `${{{sources}, 'value'}}`"
            )
        });
        Ok(Node::new(line, Kind::Unknown(why)))
    }

    /// One source. `Err` is that it has no value, and if it could have one elsewhere, why not here.
    fn source(&self, source: &str, line: usize) -> Read<Result<Node, Option<String>>> {
        if let Some(literal) = literal(source) {
            return Ok(Ok(Node::new(line, literal)));
        }
        let text = |text: Option<String>| Ok(text.map(|text| Node::text(line, text)).ok_or(None));
        let given = self.given;
        let Some((kind, address)) = source.split_once(':') else {
            return Ok(Err(Some(format!("`lift dev` does not look up `${{{source}}}`"))));
        };
        match (kind, address) {
            ("self", path) => self.own(path, line),
            ("env", name) => text(given.environment.get(name).cloned()),
            ("opt", "stage") => text(given.stage.clone()),
            ("opt", "region") | ("aws", "region") => text(Some(given.region.clone())),
            ("aws", "accountId") => text(Some(given.account.clone())),
            ("sls", "stage") => text(Some(self.stage.clone())),
            ("sls", "instanceId") => text(Some("local".to_owned())),
            ("opt", name) => text(given.parameters.get(name).cloned()),
            ("param", name) => match given.parameters.get(name) {
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
                        found = self.own(&path, line);
                        if !matches!(found, Ok(Err(_))) {
                            return found;
                        }
                    }
                    let why =
                        format!("there is no parameter `{name}`: pass --parameter {name}=VALUE");
                    found.map(|none| none.or(Err(Some(why))))
                }
            },
            _ => Ok(Err(Some(format!("`lift dev` does not look up `${{{source}}}`")))),
        }
    }

    /// A value of the service itself.
    fn own(&self, path: &str, line: usize) -> Read<Result<Node, Option<String>>> {
        let mut found = Some(self.document);
        for key in path.split('.').filter(|key| !key.is_empty()) {
            found = found.and_then(|node| match key.parse::<usize>() {
                Ok(index) if !node.items().is_empty() => node.items().get(index),
                _ => node.get(key),
            });
        }
        let Some(found) = found else { return Ok(Err(None)) };
        if self.within.borrow().iter().any(|one| one == path) {
            return Err(Fault::new(line, format!("`${{self:{path}}}` leads back to itself")));
        }
        self.within.borrow_mut().push(path.to_owned());
        let value = self.resolve(found);
        self.within.borrow_mut().pop();
        value.map(|value| match value.kind {
            Kind::Null => Err(None),
            Kind::Unknown(why) => Err(Some(why)),
            _ => Ok(value),
        })
    }
}

/// What stands for itself after a comma.
fn literal(source: &str) -> Option<Kind> {
    for quote in ['\'', '"'] {
        if let Some(text) = source.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Some(Kind::Text { text: text.to_owned(), quoted: true });
        }
    }
    match source {
        "" | "null" => Some(Kind::Null),
        "true" | "false" => Some(Kind::Text { text: source.to_owned(), quoted: false }),
        number if number.parse::<f64>().is_ok() => {
            Some(Kind::Text { text: number.to_owned(), quoted: false })
        }
        _ => None,
    }
}

/// What is before the brace that ends this, and what is after it.
fn balanced(text: &str) -> Option<(&str, &str)> {
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

/// Whether this is the framework's, as `self:custom.table`, and not CloudFormation's, as `Table`
/// and `AWS::Region`.
fn is_variable(inner: &str) -> bool {
    let name =
        inner.trim_start().trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    name.starts_with('(') || (name.starts_with(':') && !name.starts_with("::"))
}
