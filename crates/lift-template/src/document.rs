//! Parses YAML, of which JSON is a part, into a tree. The short forms of intrinsic functions, which
//! are YAML tags, become the long ones: `!GetAtt a.b` is `{"Fn::GetAtt": "a.b"}`.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::{
    error::{Result, TemplateError},
    node::{Node, NodeKind},
};

/// The deepest nesting: deeper than any template, and shallow enough for the call stack.
const MAX_DEPTH: usize = 60;

/// The most values of a document: more than the largest template of CloudFormation (1 MB) can hold.
/// Aliases of aliases let a document of a few lines grow without bound.
const MAX_NODES: usize = 200_000;

/// Parses the only document of `text`.
pub(crate) fn parse(text: &str) -> Result<Node> {
    let mut reader =
        Composer { events: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Err(TemplateError::syntax(0, "the file is empty")),
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            first => return reader.node(first, 0),
        }
    }
}

struct Composer<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// By anchor: the value, and how many values are in it.
    anchors: HashMap<usize, (Node, usize)>,
    /// How many values were read.
    nodes: usize,
}

impl<'a> Composer<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(TemplateError::syntax(
                error.marker().line(),
                format!("this is neither YAML nor JSON: {}", error.info()),
            )),
            None => Err(TemplateError::syntax(0, "the file ends too early")),
        }
    }

    fn node(&mut self, (event, span): (Event<'a>, Span), depth: usize) -> Result<Node> {
        let line = span.start.line();
        if depth > MAX_DEPTH {
            return Err(TemplateError::syntax(
                line,
                format!("the nesting is deeper than {MAX_DEPTH} levels"),
            ));
        }
        let before = self.nodes;
        self.count(1, line)?;
        let (kind, anchor, tag) = match event {
            Event::Alias(anchor) => return self.alias(anchor, line),
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = !matches!(style, ScalarStyle::Plain) || is_core(tag.as_deref(), "str");
                let kind = match &*text {
                    "" | "~" | "null" if !quoted => NodeKind::Null,
                    _ => NodeKind::Text { text: text.into_owned(), quoted },
                };
                (kind, anchor, tag)
            }
            Event::SequenceStart(anchor, tag) => (self.list(depth)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.map(depth)?, anchor, tag),
            other => {
                return Err(TemplateError::syntax(line, format!("unexpected token: {other:?}")));
            }
        };
        let node = long_form(Node::new(line, kind), tag.as_deref());
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<NodeKind> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(NodeKind::List(items)),
                item => items.push(self.node(item, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<NodeKind> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut names = HashSet::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => break,
                key => self.node(key, depth + 1)?,
            };
            let value = self.next()?;
            let value = self.node(value, depth + 1)?;
            let name = match key.kind {
                NodeKind::Text { text, .. } => text,
                NodeKind::Null => String::new(),
                _ => return Err(TemplateError::syntax(key.line, "a key must be a text")),
            };
            if name == "<<" {
                merged.push(value);
            } else if !names.insert(name.clone()) {
                return Err(TemplateError::syntax(
                    key.line,
                    format!("the key `{name}` is repeated"),
                ));
            } else {
                entries.push((name, value));
            }
        }
        // YAML's merge key `<<`: the map's own keys win.
        for node in merged {
            let maps = if node.items().is_empty() { vec![node] } else { node.items().to_vec() };
            for (name, value) in maps.iter().flat_map(Node::entries) {
                if names.insert(name.clone()) {
                    entries.push((name.clone(), value.clone()));
                }
            }
        }
        Ok(NodeKind::Map(entries))
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<Node> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(TemplateError::syntax(line, "this alias is part of its own value"));
        };
        let (node, size) = (node.clone(), *size);
        self.count(size, line)?;
        Ok(node)
    }

    fn count(&mut self, more: usize, line: usize) -> Result<()> {
        self.nodes += more;
        match self.nodes {
            ..=MAX_NODES => Ok(()),
            _ => Err(TemplateError::syntax(
                line,
                format!("the document has more than {MAX_NODES} values"),
            )),
        }
    }
}

fn is_core(tag: Option<&Tag>, suffix: &str) -> bool {
    tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == suffix)
}

/// Turns `!Name value` into a map with one key.
fn long_form(node: Node, tag: Option<&Tag>) -> Node {
    match tag {
        Some(tag) if tag.handle == "!" => match &*tag.suffix {
            "" => node,
            name @ ("Ref" | "Condition") => Node::call(name, node),
            name => Node::call(&format!("Fn::{name}"), node),
        },
        _ => node,
    }
}
