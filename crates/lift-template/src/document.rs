//! YAML or JSON, which is YAML, to a tree. The short forms of intrinsic functions, which are YAML
//! tags, become the long ones: `!GetAtt a.b` is `{"Fn::GetAtt": "a.b"}`.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{
    fault::{Fault, Read},
    node::{Kind, Node},
};

/// Deeper than any template, and shallow enough for the stack.
const DEEPEST: usize = 60;

/// More than a template of the largest size that CloudFormation takes can hold. A document of a few
/// lines can grow without bound by aliases of aliases.
const MOST: usize = 200_000;

/// Reads the only document of `text`.
pub(crate) fn read(text: &str) -> Read<Node> {
    let mut reader =
        Reader { events: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Err(Fault::new(0, "the file is empty")),
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            first => return reader.node(first, 0),
        }
    }
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Read<(Event<'a>, Span)> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Fault::new(
                error.marker().line(),
                format!("this is neither YAML nor JSON: {}", error.info()),
            )),
            None => Err(Fault::new(0, "the file ends in the middle")),
        }
    }

    fn node(&mut self, (event, span): (Event<'a>, Span), depth: usize) -> Read<Node> {
        let line = span.start.line();
        if depth > DEEPEST {
            return Err(Fault::new(line, format!("this is nested more than {DEEPEST} deep")));
        }
        let before = self.nodes;
        self.count(1, line)?;
        let (kind, anchor, tag) = match event {
            Event::Alias(anchor) => return self.alias(anchor, line),
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = !matches!(style, ScalarStyle::Plain) || is_core(tag.as_deref(), "str");
                let kind = match &*text {
                    "" | "~" | "null" if !quoted => Kind::Null,
                    _ => Kind::Text { text: text.into_owned(), quoted },
                };
                (kind, anchor, tag)
            }
            Event::SequenceStart(anchor, tag) => (self.list(depth)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.map(depth)?, anchor, tag),
            other => return Err(Fault::new(line, format!("unexpected in a document: {other:?}"))),
        };
        let node = long_form(Node::new(line, kind), tag.as_deref());
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Read<Kind> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(items)),
                item => items.push(self.node(item, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Read<Kind> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut seen = HashSet::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => break,
                key => self.node(key, depth + 1)?,
            };
            let value = self.next()?;
            let value = self.node(value, depth + 1)?;
            let name = match key.kind {
                Kind::Text { text, .. } => text,
                Kind::Null => String::new(),
                _ => return Err(Fault::new(key.line, "a key has to be a text")),
            };
            if name == "<<" {
                merged.push(value);
            } else if !seen.insert(name.clone()) {
                return Err(Fault::new(key.line, format!("the key `{name}` is here twice")));
            } else {
                entries.push((name, value));
            }
        }
        // YAML's merge key: what the map has itself goes before.
        for node in merged {
            let maps = if node.items().is_empty() { vec![node] } else { node.items().to_vec() };
            for (name, value) in maps.iter().flat_map(Node::entries) {
                if seen.insert(name.clone()) {
                    entries.push((name.clone(), value.clone()));
                }
            }
        }
        Ok(Kind::Map(entries))
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Read<Node> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(Fault::new(line, "this alias stands within what it is an alias of"));
        };
        let (node, size) = (node.clone(), *size);
        self.count(size, line)?;
        Ok(node)
    }

    fn count(&mut self, more: usize, line: usize) -> Read<()> {
        self.nodes += more;
        match self.nodes {
            ..=MOST => Ok(()),
            _ => Err(Fault::new(line, format!("there are more than {MOST} values up to here"))),
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
