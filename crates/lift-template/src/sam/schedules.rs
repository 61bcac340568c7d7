//! Rewrites the events `Schedule` and `ScheduleV2` of SAM's functions into the resources that SAM deploys for them.

use crate::{
    error::Result,
    node::{Node, NodeKind},
    resource::Resource,
    schedule::{RULE, SCHEDULE},
    scope::Scope,
};

/// The types of events that are rewritten.
const TYPES: [&str; 2] = ["Schedule", "ScheduleV2"];

/// The keys of an event that belong to the target of the resource.
const TARGET_KEYS: [&str; 3] = ["DeadLetterConfig", "Input", "RetryPolicy"];

/// Keys of an event without an effect on this machine.
const IGNORED_KEYS: [&str; 3] = ["OmitName", "PermissionsBoundary", "RoleArn"];

/// The names of the events of a function that are schedules.
pub(crate) fn events_of(function: &Resource) -> Vec<&str> {
    let is_schedule = |node: &Node| {
        let event_type = node.get("Type").and_then(Node::as_text);
        event_type.is_some_and(|name| TYPES.contains(&name))
    };
    let events = function.properties.get("Events").map_or(&[][..], Node::entries);
    let schedules = events.iter().filter(|(_, node)| is_schedule(node));
    schedules.map(|(name, _)| &**name).collect()
}

/// Adds a rule or a schedule for each such event.
pub(crate) fn expand(scope: &mut Scope<'_>) -> Result<()> {
    let mut generated = Vec::new();
    for function in scope.resources() {
        if function.resource_type != "AWS::Serverless::Function" {
            continue;
        }
        for name in events_of(function) {
            let event = function.properties.get("Events").and_then(|events| events.get(name));
            if let Some(event) = event {
                generated.push(resource(scope, function, name, event)?);
            }
        }
    }
    generated.into_iter().for_each(|resource| scope.add(resource));
    Ok(())
}

fn resource(scope: &Scope<'_>, function: &Resource, name: &str, event: &Node) -> Result<Resource> {
    let line = event.line;
    let is_rule = event.get("Type").and_then(Node::as_text) == Some("Schedule");
    let arn = Node::call("Fn::GetAtt", Node::text(line, format!("{}.Arn", function.id)));
    let mut target = Node::map(line, [("Arn", arn)]);
    let mut properties = Node::map::<&str>(line, []);
    let path = format!("{}.Events.{name}.Properties", function.path);
    for (key, value) in event.get("Properties").map_or(&[][..], Node::entries) {
        match &**key {
            key if IGNORED_KEYS.contains(&key) => {}
            key if TARGET_KEYS.contains(&key) => target.set(key, value.clone()),
            "Schedule" if is_rule => properties.set("ScheduleExpression", value.clone()),
            "Enabled" if is_rule => {
                let value = scope.eval(value).map_err(|error| error.with_path(&path))?;
                let is_off = value.as_text().is_some_and(|text| text.eq_ignore_ascii_case("false"));
                let state = if is_off { "DISABLED" } else { "ENABLED" };
                properties.set("State", Node::text(value.line, state));
            }
            key => properties.set(key, value.clone()),
        }
    }
    let (resource_type, key, target) = match is_rule {
        true => (RULE, "Targets", Node::new(line, NodeKind::List(vec![target]))),
        false => (SCHEDULE, "Target", target),
    };
    properties.set(key, target);
    Ok(Resource::generated(format!("{}{name}", function.id), resource_type, &path, properties))
}
