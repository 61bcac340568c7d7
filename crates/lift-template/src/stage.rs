//! The stage of an API: its name, its variables and its throttles.

use std::collections::BTreeMap;

use super::{
    api::of_api,
    fault::{Fault, Notice, Read},
    scope::Scope,
    section::Section,
};

/// A stage.
#[derive(Debug, Default, PartialEq)]
pub struct Stage {
    /// Its name, if the template or the user says one.
    pub name: Option<String>,
    /// The stage variables.
    pub variables: BTreeMap<String, String>,
    /// For the routes that have none of their own, together.
    pub throttle: Option<Throttle>,
    /// By route key.
    pub throttles: BTreeMap<String, Throttle>,
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Calls per second.
    pub per_second: f64,
    /// Calls at once.
    pub burst: u32,
}

/// Reads the only stage, or the one that the user names. A name that the template does not know
/// is another name for its only stage.
pub(super) fn read(scope: &Scope<'_>, api_id: &str, notices: &mut Vec<Notice>) -> Read<Stage> {
    let mut stages = Vec::new();
    for (_, mut section) in of_api(scope, "AWS::ApiGatewayV2::Stage", api_id)? {
        stages.push((section.required("StageName")?, section));
    }
    let given = scope.given().stage.clone();
    let named = stages.iter().position(|(name, _)| Some(name) == given.as_ref());
    let (name, mut section) = match (named, stages.len()) {
        (Some(index), _) => stages.swap_remove(index),
        (None, 1) => stages.swap_remove(0),
        (None, 0) => return Ok(Stage { name: given, ..Stage::default() }),
        _ => {
            let names: Vec<&str> = stages.iter().map(|(name, _)| &**name).collect();
            let list = names.join(", ");
            let what = format!("the API has several stages: pass --stage with one of {list}");
            return Err(Fault::new(0, what));
        }
    };
    let mut stage = Stage { name: given.or(Some(name)), ..Stage::default() };
    if let Some(mut variables) = section.section("StageVariables")? {
        for key in variables.keys() {
            match variables.text_or_why(&key)? {
                Some(Ok(value)) => drop(stage.variables.insert(key, value)),
                Some(Err(why)) => notices.push(Notice {
                    place: variables.place_of(&key),
                    what: format!("is not set: {why}; pass --stage-variable {key}=VALUE"),
                }),
                None => {}
            }
        }
    }
    if let Some(settings) = section.section("DefaultRouteSettings")? {
        stage.throttle = throttle(settings, notices)?;
    }
    if let Some(mut routes) = section.section("RouteSettings")? {
        for key in routes.keys() {
            if let Some(settings) = routes.section(&key)?
                && let Some(throttle) = throttle(settings, notices)?
            {
                stage.throttles.insert(key, throttle);
            }
        }
    }
    section.skip(&["AutoDeploy", "DeploymentId", "Description", "Tags"]);
    section.finish(notices);
    Ok(stage)
}

fn throttle(mut settings: Section<'_>, notices: &mut Vec<Notice>) -> Read<Option<Throttle>> {
    let per_second = settings.parsed("ThrottlingRateLimit", "a number per second")?;
    let burst = settings.parsed("ThrottlingBurstLimit", "a number of calls")?;
    settings.notice(
        &["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel"],
        "is CloudWatch's; LIFT_LOG=lift_gateway=debug logs here",
        notices,
    );
    settings.finish(notices);
    // What one of the two leaves open is the account's.
    Ok((per_second.is_some() || burst.is_some()).then(|| Throttle {
        per_second: per_second.unwrap_or(10_000.0),
        burst: burst.unwrap_or(5_000),
    }))
}
