//! SAM's `Globals`: the common properties of all resources of a type.

use crate::{
    error::Notice,
    node::{Node, NodeKind},
    property_reader::IGNORED,
};

/// The sections of `Globals` that SAM has for the resources that are read.
const SECTIONS: [&str; 5] = ["Function", "WebSocketApi", "SimpleTable", "Api", "HttpApi"];

/// The document with `Globals` in the properties of each resource: lists are joined, maps are
/// merged, and of other values the resource's own wins.
pub(crate) fn apply(mut document: Node, notices: &mut Vec<Notice>) -> Node {
    let Some(globals) = document.get("Globals").cloned() else { return document };
    for (name, node) in globals.entries() {
        if !SECTIONS.contains(&&**name) {
            notices.push(Notice::new(format!("Globals.{name}"), IGNORED).on_line(node.line));
        }
    }
    let NodeKind::Map(entries) = &mut document.kind else { return document };
    let resources = entries.iter_mut().find(|(name, _)| name == "Resources");
    if let Some((_, Node { kind: NodeKind::Map(resources), .. })) = resources {
        for (_, resource) in resources {
            let resource_type = resource.get("Type").and_then(Node::as_text);
            let of_sam = resource_type.and_then(|name| name.strip_prefix("AWS::Serverless::"));
            if let Some(global) = of_sam.and_then(|name| globals.get(name)) {
                let own = resource.get("Properties").cloned();
                resource.set("Properties", merge(global.clone(), own));
            }
        }
    }
    document
}

fn merge(global: Node, own: Option<Node>) -> Node {
    let Some(own) = own else { return global };
    if is_call(&global) || is_call(&own) {
        return own;
    }
    let line = own.line;
    match (global.kind, own.kind) {
        (NodeKind::Map(global), NodeKind::Map(own)) => {
            let mut merged = Node::new(line, NodeKind::Map(own));
            for (name, value) in global {
                let own = merged.get(&name).cloned();
                merged.set(&name, merge(value, own));
            }
            merged
        }
        (NodeKind::List(mut global), NodeKind::List(own)) => {
            global.extend(own);
            Node::new(line, NodeKind::List(global))
        }
        (_, kind) => Node::new(line, kind),
    }
}

fn is_call(node: &Node) -> bool {
    matches!(node.entries(), [(name, _)] if name == "Ref" || name.starts_with("Fn::"))
}
