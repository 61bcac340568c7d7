//! The stage of an API: its name, its variables and its throttles.

use std::collections::BTreeMap;

use lift_event::limits::{ACCOUNT_BURST, ACCOUNT_RATE};

use crate::{
    error::{Notice, Result, TemplateError},
    property_reader::{PropertyReader, readers_of_api},
    scope::Scope,
};

/// A stage.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Stage {
    /// Its name, from the options or else from the template. `None`: neither has one.
    pub name: Option<String>,
    /// The stage variables.
    pub variables: BTreeMap<String, String>,
    /// The throttle that the routes without one in `route_throttles` share.
    pub default_throttle: Option<Throttle>,
    /// Throttles by route key.
    pub route_throttles: BTreeMap<String, Throttle>,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Throttle {
    /// Events per second.
    pub per_second: f64,
    /// The most events at once.
    pub burst: u32,
}

/// Reads the only stage, or the one that the options name. If the template does not have the named
/// stage, the name is another name for its only stage.
pub(crate) fn read(scope: &Scope<'_>, api_id: &str, notices: &mut Vec<Notice>) -> Result<Stage> {
    let mut stages = Vec::new();
    for (_, mut properties) in readers_of_api(scope, "AWS::ApiGatewayV2::Stage", api_id)? {
        stages.push((properties.required("StageName")?, properties));
    }
    let named = scope.options().stage.clone();
    let found = stages.iter().position(|(name, _)| Some(name) == named.as_ref());
    let (name, mut properties) = match (found, stages.len()) {
        (Some(index), _) => stages.swap_remove(index),
        (None, 1) => stages.swap_remove(0),
        (None, 0) => return Ok(Stage { name: named, ..Stage::default() }),
        _ => {
            let names: Vec<&str> = stages.iter().map(|(name, _)| &**name).collect();
            let list = names.join(", ");
            let message = format!("the API has several stages: pass --stage with one of {list}");
            return Err(TemplateError::option(message));
        }
    };
    let mut stage = Stage { name: named.or(Some(name)), ..Stage::default() };
    if let Some(mut variables) = properties.nested("StageVariables")? {
        for key in variables.keys() {
            let line = variables.line_of(&key);
            match variables.text_or_reason(&key)? {
                Some(Ok(value)) => drop(stage.variables.insert(key, value)),
                Some(Err(reason)) => {
                    let message =
                        format!("is not set: {reason}; pass --stage-variable {key}=VALUE");
                    notices.push(Notice::new(variables.path_of(&key), message).on_line(line));
                }
                None => {}
            }
        }
    }
    if let Some(settings) = properties.nested("DefaultRouteSettings")? {
        stage.default_throttle = throttle(settings, notices)?;
    }
    if let Some(mut routes) = properties.nested("RouteSettings")? {
        for key in routes.keys() {
            if let Some(settings) = routes.nested(&key)?
                && let Some(throttle) = throttle(settings, notices)?
            {
                stage.route_throttles.insert(key, throttle);
            }
        }
    }
    properties.ignore(&["AutoDeploy", "DeploymentId", "Description", "Tags"]);
    properties.finish(notices);
    Ok(stage)
}

fn throttle(
    mut settings: PropertyReader<'_>,
    notices: &mut Vec<Notice>,
) -> Result<Option<Throttle>> {
    let per_second = settings.parsed("ThrottlingRateLimit", "a number per second")?;
    let burst = settings.parsed("ThrottlingBurstLimit", "a number of calls")?;
    settings.notice(
        &["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel"],
        "is for CloudWatch; set LIFT_LOG=lift_gateway=debug for a local log",
        notices,
    );
    settings.finish(notices);
    Ok((per_second.is_some() || burst.is_some()).then(|| Throttle {
        per_second: per_second.unwrap_or(ACCOUNT_RATE.into()),
        burst: burst.unwrap_or(ACCOUNT_BURST),
    }))
}
