//! What SAM says of all resources of a kind: `Globals`.

use super::{
    fault::Notice,
    node::{Kind, Node},
};

/// The document with `Globals` in each resource that they are for. Lists are joined, maps merged,
/// and else the resource's own word counts.
pub(super) fn applied(mut document: Node, notices: &mut Vec<Notice>) -> Node {
    let Some(globals) = document.get("Globals").cloned() else { return document };
    for (name, _) in globals.entries() {
        if !["Function", "WebSocketApi", "SimpleTable", "Api", "HttpApi"].contains(&&**name) {
            let place = format!("Globals.{name}");
            notices.push(Notice { place, what: "is not done".to_owned() });
        }
    }
    let Kind::Map(sections) = &mut document.kind else { return document };
    let resources = sections.iter_mut().find(|(name, _)| name == "Resources");
    if let Some((_, Node { kind: Kind::Map(resources), .. })) = resources {
        for (_, resource) in resources {
            let kind = resource.get("Type").and_then(Node::as_text);
            let of_sam = kind.and_then(|kind| kind.strip_prefix("AWS::Serverless::"));
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
    let is_call = |node: &Node| matches!(node.entries(), [(name, _)] if name == "Ref" || name.starts_with("Fn::"));
    if is_call(&global) || is_call(&own) {
        return own;
    }
    let line = own.line;
    match (global.kind, own.kind) {
        (Kind::Map(global), Kind::Map(own)) => {
            let mut merged = Node::new(line, Kind::Map(own));
            for (name, value) in global {
                let own = merged.get(&name).cloned();
                merged.set(&name, merge(value, own));
            }
            merged
        }
        (Kind::List(mut global), Kind::List(own)) => {
            global.extend(own);
            Node::new(line, Kind::List(global))
        }
        (_, kind) => Node::new(line, kind),
    }
}
