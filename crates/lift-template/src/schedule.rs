//! The schedules of a template: `AWS::Events::Rule` and `AWS::Scheduler::Schedule`. Events of SAM's functions and of
//! serverless.yml are rewritten into these.

use std::collections::HashSet;

use lift_event::ScheduleExpression;
use serde_json::Value;

use crate::{
    error::{Notice, Result},
    node::{Node, NodeKind},
    property_reader::{IGNORED, PropertyReader},
    resource::Resource,
    scope::Scope,
};

pub(crate) const RULE: &str = "AWS::Events::Rule";
pub(crate) const SCHEDULE: &str = "AWS::Scheduler::Schedule";

/// A schedule of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// Its `Name`, or its logical id. No other schedule of the template has this name.
    pub name: String,
    /// The function's [`id`](crate::Function::id).
    pub function: String,
    /// When it fires.
    pub expression: ScheduleExpression,
    /// The event, as JSON, if it has one of its own.
    pub input: Option<String>,
    /// Whether its state is ENABLED.
    pub enabled: bool,
    /// Whether it belongs to EventBridge Scheduler, and not to a rule of EventBridge.
    pub is_of_scheduler: bool,
}

/// The keys of a target without an effect on this machine.
const TARGET_KEYS: [&str; 5] =
    ["DeadLetterConfig", "Id", "RetryPolicy", "RoleArn", "HttpParameters"];

/// Reads all schedules whose target is a function of the template.
pub(crate) fn read(scope: &Scope<'_>, notices: &mut Vec<Notice>) -> Result<Vec<Schedule>> {
    let mut schedules = Vec::new();
    for resource in scope.resources() {
        match &*resource.resource_type {
            RULE => rule(scope, resource, &mut schedules, notices)?,
            SCHEDULE => schedule(scope, resource, &mut schedules, notices)?,
            _ => {}
        }
    }
    let mut names = HashSet::new();
    for schedule in &mut schedules {
        let (base, mut number) = (schedule.name.clone(), 1);
        while !names.insert(schedule.name.clone()) {
            number += 1;
            schedule.name = format!("{base}-{number}");
        }
    }
    Ok(schedules)
}

fn rule(
    scope: &Scope<'_>,
    resource: &Resource,
    schedules: &mut Vec<Schedule>,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    let mut properties = PropertyReader::of_resource(scope, resource)?;
    if resource.properties.get("ScheduleExpression").is_none() {
        let notice =
            Notice::new(resource.resource_path(), "does not run locally: only schedules do");
        notices.push(notice.on_line(resource.properties.line));
        return Ok(());
    }
    let timing = Timing::read(&mut properties, resource, notices)?;
    let (line, path) = (properties.line_of("Targets"), properties.path_of("Targets"));
    let targets = properties.value("Targets")?;
    let targets = targets.as_ref().map_or(&[][..], Node::items);
    properties.ignore(&["Description", "EventBusName", "RoleArn", "Tags"]);
    properties.finish(notices);
    if targets.is_empty() {
        notices.push(Notice::new(&*path, "is empty: the rule invokes nothing").on_line(line));
    }
    for (index, target) in targets.iter().enumerate() {
        let target = PropertyReader::new(scope, format!("{path}[{index}]"), target)?;
        let target = Target::read(target, notices)?;
        schedules
            .extend(timing.clone().zip(target).map(|(timing, target)| timing.with(target, false)));
    }
    Ok(())
}

fn schedule(
    scope: &Scope<'_>,
    resource: &Resource,
    schedules: &mut Vec<Schedule>,
    notices: &mut Vec<Notice>,
) -> Result<()> {
    let mut properties = PropertyReader::of_resource(scope, resource)?;
    let timing = Timing::read(&mut properties, resource, notices)?;
    let zone_line = properties.line_of("ScheduleExpressionTimezone");
    let zone = properties.text_or_reason("ScheduleExpressionTimezone")?;
    if zone.is_some_and(|zone| zone.as_deref() != Ok("UTC")) {
        let path = properties.path_of("ScheduleExpressionTimezone");
        notices.push(Notice::new(path, "has no effect: times are in UTC here").on_line(zone_line));
    }
    let target = properties.nested("Target")?;
    properties.ignore(&["Description", "FlexibleTimeWindow", "GroupName", "KmsKeyArn"]);
    properties.finish(notices);
    let target = match target {
        Some(target) => Target::read(target, notices)?,
        None => None,
    };
    schedules.extend(timing.zip(target).map(|(timing, target)| timing.with(target, true)));
    Ok(())
}

/// When a schedule fires.
#[derive(Clone)]
struct Timing {
    name: String,
    expression: ScheduleExpression,
    enabled: bool,
}

impl Timing {
    /// `None`, with a notice, if the expression is wrong or unknown.
    fn read(
        properties: &mut PropertyReader<'_>,
        resource: &Resource,
        notices: &mut Vec<Notice>,
    ) -> Result<Option<Self>> {
        let (line, path) =
            (properties.line_of("ScheduleExpression"), properties.path_of("ScheduleExpression"));
        let text = properties.text_or_reason("ScheduleExpression")?;
        let text = text.unwrap_or_else(|| Err("there is no expression".to_owned()));
        let expression = text
            .and_then(|text| text.parse::<ScheduleExpression>().map_err(|error| error.to_string()));
        let name = properties.text_or_reason("Name")?.and_then(Result::ok);
        let name = name.unwrap_or_else(|| resource.id.clone());
        let state = properties.text_or_reason("State")?.and_then(Result::ok);
        let enabled = state.is_none_or(|state| state.to_ascii_uppercase().starts_with("ENABLED"));
        match expression {
            Ok(expression) => Ok(Some(Self { name, expression, enabled })),
            Err(reason) => {
                let message = format!("the schedule never fires: {reason}");
                notices.push(Notice::new(path, message).on_line(line));
                Ok(None)
            }
        }
    }

    fn with(self, Target { function, input }: Target, is_of_scheduler: bool) -> Schedule {
        let Self { name, expression, enabled } = self;
        Schedule { name, function, expression, input, enabled, is_of_scheduler }
    }
}

/// What a schedule invokes.
struct Target {
    function: String,
    input: Option<String>,
}

impl Target {
    /// `None`, with a notice, if it is no function of the template.
    fn read(mut target: PropertyReader<'_>, notices: &mut Vec<Notice>) -> Result<Option<Self>> {
        let (line, path) = (target.line_of("Arn"), target.path_of("Arn"));
        let arn = target.text_or_reason("Arn")?;
        let function = match arn.as_ref().and_then(|arn| arn.as_deref().ok()) {
            Some(arn) => target.scope().function_of(arn)?,
            None => None,
        };
        let input = target.value("Input")?;
        let input = match input.map(|node| (node.line, node.kind)) {
            Some((_, NodeKind::Text { text, .. })) if is_json(&text) => Some(text),
            Some((line, _)) => {
                let path = target.path_of("Input");
                notices.push(Notice::new(path, "is not used: it is no JSON text").on_line(line));
                None
            }
            None => None,
        };
        target.notice(&["InputPath", "InputTransformer"], IGNORED, notices);
        target.ignore(&TARGET_KEYS);
        target.finish(notices);
        match function {
            Some(function) => Ok(Some(Self { function: function.user_name().to_owned(), input })),
            None => {
                let message = "is not invoked: it is no function of this template";
                notices.push(Notice::new(path, message).on_line(line));
                Ok(None)
            }
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok()
}
