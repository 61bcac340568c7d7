//! The `schedule` events of a service, as the properties of CloudFormation resources.

use crate::{
    error::{Notice, Result, TemplateError},
    node::{Node, NodeKind},
    property_reader::IGNORED,
    schedule::{RULE, SCHEDULE},
};

/// Reads a `schedule` event of the function `id`: `rate(10 minutes)`, or a map with one rate or several. Returns the
/// type and the properties of a resource for each rate.
pub(super) fn read(
    settings: &Node,
    id: &str,
    path: &str,
    notices: &mut Vec<Notice>,
) -> Result<Vec<(&'static str, Node)>> {
    let line = settings.line;
    let rate = match (&settings.kind, settings.get("rate")) {
        (NodeKind::Text { .. }, _) => settings,
        (_, Some(rate)) => rate,
        _ => return Err(TemplateError::new(line, "`rate` is missing").with_path(path)),
    };
    let is_rule = settings.get("method").and_then(Node::as_text) != Some("scheduler");
    let arn = Node::call("Fn::GetAtt", Node::text(line, format!("{id}.Arn")));
    let mut target = Node::map(line, [("Arn", arn)]);
    let mut common = Node::map::<&str>(line, []);
    for (key, value) in settings.entries() {
        match &**key {
            "rate" | "method" | "description" | "roleArn" => {}
            "enabled" => {
                let is_off = value.as_text().is_some_and(|text| text.eq_ignore_ascii_case("false"));
                let state = if is_off { "DISABLED" } else { "ENABLED" };
                common.set("State", Node::text(value.line, state));
            }
            "name" => common.set("Name", value.clone()),
            "timezone" if !is_rule => common.set("ScheduleExpressionTimezone", value.clone()),
            "input" => target.set("Input", input(value)),
            "inputPath" => target.set("InputPath", value.clone()),
            "inputTransformer" => target.set("InputTransformer", value.clone()),
            key => {
                notices.push(Notice::new(format!("{path}.{key}"), IGNORED).on_line(value.line));
            }
        }
    }
    let (resource_type, key, target) = match is_rule {
        true => (RULE, "Targets", Node::new(line, NodeKind::List(vec![target]))),
        false => (SCHEDULE, "Target", target),
    };
    common.set(key, target);
    let rates = match &rate.kind {
        NodeKind::List(rates) => &rates[..],
        _ => std::slice::from_ref(rate),
    };
    let resource = |rate: &Node| {
        let mut properties = common.clone();
        properties.set("ScheduleExpression", rate.clone());
        (resource_type, properties)
    };
    Ok(rates.iter().map(resource).collect())
}

/// The JSON text of an input, which may be a map or a text.
fn input(value: &Node) -> Node {
    match (&value.kind, value.to_json()) {
        (NodeKind::Map(_) | NodeKind::List(_), Ok(json)) => {
            Node::text(value.line, json.to_string())
        }
        _ => value.clone(),
    }
}
