//! Parses a plan: from TOML to raw entries, then validates them.

use std::{str::FromStr, time::Duration};

use http::StatusCode;
use serde::Deserialize;
use toml::Spanned;

use super::{
    error::{PlanError, suggestion},
    model::{
        Access, Api, Fault, FaultKind, Frequency, LostPart, MillisRange, Plan, Reason, Subject,
    },
    operation,
    range::Numbers,
};

/// When the second copy of a request is sent, by default.
const DEFAULT_DELAY: MillisRange = MillisRange { from: 0, to: 100 };

/// How long a request waits for a later one to overtake it, by default.
const DEFAULT_HOLD: MillisRange = MillisRange { from: 1_000, to: 1_000 };

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        plan(text)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    fault: Vec<Spanned<RawEntry>>,
}

/// An entry before validation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    api: Api,
    operation: Option<String>,
    item: Option<String>,
    connection: Option<String>,
    kind: FaultName,
    share: Option<f64>,
    nth: Option<Numbers>,
    after: Option<f64>,
    r#for: Option<f64>,
    ms: Option<MillisRange>,
    reason: Option<String>,
    index: Option<String>,
    status: Option<u16>,
    error: Option<String>,
    lost: Option<LostPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FaultName {
    Delay,
    Throttle,
    Error,
    Hang,
    Reset,
    Duplicate,
    Reorder,
    Stale,
    IndexLag,
}

impl FaultName {
    /// The name in a plan.
    fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Throttle => "throttle",
            Self::Error => "error",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::Stale => "stale",
            Self::IndexLag => "index-lag",
        }
    }
}

/// The error message of an entry.
type Problem = String;

fn plan(text: &str) -> Result<Plan, PlanError> {
    let written: RawPlan =
        toml::from_str(text).map_err(|error| PlanError::of_toml(text, &error))?;
    let faults = written.fault.into_iter().map(|entry| {
        let span = entry.span();
        fault(entry.into_inner()).map_err(|problem| PlanError::new(text, Some(span), problem))
    });
    Ok(Plan { seed: written.seed, faults: faults.collect::<Result<_, _>>()? })
}

fn fault(written: RawEntry) -> Result<Fault, Problem> {
    check_fields(&written)?;
    let what = what(&written)?;
    check_operation(&written, &what)?;
    Ok(Fault {
        api: written.api,
        subject: subject(&written)?,
        when: when(&written)?,
        window: window(&written)?,
        operation: written.operation,
        what,
    })
}

/// Refuses fields that the fault or the API does not have.
fn check_fields(written: &RawEntry) -> Result<(), Problem> {
    let allowed: &[&str] = match written.kind {
        FaultName::Delay
        | FaultName::Duplicate
        | FaultName::Reorder
        | FaultName::Stale
        | FaultName::IndexLag => &["ms"],
        FaultName::Throttle if written.api == Api::DynamoDb => &["reason", "index"],
        FaultName::Throttle => &[],
        FaultName::Error => &["status", "error", "lost"],
        FaultName::Hang => &["ms", "lost"],
        FaultName::Reset => &["lost"],
    };
    let given = [
        ("ms", written.ms.is_some()),
        ("reason", written.reason.is_some()),
        ("index", written.index.is_some()),
        ("status", written.status.is_some()),
        ("error", written.error.is_some()),
        ("lost", written.lost.is_some()),
    ];
    for (name, is_given) in given {
        if is_given && !allowed.contains(&name) {
            let (kind, api) = (written.kind.name(), written.api);
            return Err(format!("`{name}` is not valid for {kind} of {api}: remove it"));
        }
    }
    Ok(())
}

fn check_operation(written: &RawEntry, what: &FaultKind) -> Result<(), Problem> {
    let (api, kind) = (written.api, written.kind.name());
    let names = operation::names(api);
    let fit: Vec<&str> = names.iter().copied().filter(|name| what.applies_to(api, name)).collect();
    if fit.is_empty() {
        return Err(format!("{kind} is not possible for the {api} API"));
    }
    let Some(name) = written.operation.as_deref() else { return Ok(()) };
    if !names.contains(&name) {
        return Err(format!("unknown operation `{name}` of {api}{}", suggestion(name, &names)));
    }
    if !fit.contains(&name) {
        return Err(format!("{kind} is not possible for {name}, only for {}", fit.join(", ")));
    }
    Ok(())
}

fn what(written: &RawEntry) -> Result<FaultKind, Problem> {
    let lost = written.lost.unwrap_or_default();
    let ms = written.ms.ok_or("say how long with `ms`, such as ms = \"20..300\"");
    Ok(match written.kind {
        FaultName::Delay => FaultKind::Delay(ms?),
        FaultName::Stale => FaultKind::Stale(ms?),
        FaultName::IndexLag => FaultKind::IndexLag(ms?),
        FaultName::Duplicate => FaultKind::Duplicate(written.ms.unwrap_or(DEFAULT_DELAY)),
        FaultName::Reorder => FaultKind::Reorder { at_most: written.ms.unwrap_or(DEFAULT_HOLD) },
        FaultName::Hang => FaultKind::Hang { at_most: written.ms, lost },
        FaultName::Reset => FaultKind::Reset { lost },
        FaultName::Throttle => FaultKind::Throttle(reason(written)?),
        FaultName::Error => {
            let status = written.status.unwrap_or(500);
            let status = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 400);
            let status = status.ok_or("`status` is an error's: from 400 to 999")?;
            FaultKind::Error { status, name: written.error.clone(), lost }
        }
    })
}

fn reason(written: &RawEntry) -> Result<Option<Reason>, Problem> {
    let index = written.index.clone();
    let Some(name) = written.reason.clone() else {
        return match index {
            Some(_) => Err("`index` needs a `reason` that concerns an index".to_owned()),
            None => Ok(None),
        };
    };
    let names = reasons();
    if !names.contains(&name) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Err(format!("unknown reason `{name}`{}", suggestion(&name, &names)));
    }
    let reason = Reason { name, index };
    match (reason.is_of_index(), &reason.index) {
        (false, Some(_)) => Err(format!("{} concerns the table, not an index", reason.name)),
        // A query names its index; a write may be throttled by any of them.
        (true, None) if reason.access() == Access::Write => {
            Err(format!("name the index of {} with `index`", reason.name))
        }
        _ => Ok(Some(reason)),
    }
}

/// AWS's reasons: resource, operation and limit.
fn reasons() -> Vec<String> {
    let limits = [
        "ProvisionedThroughputExceeded",
        "AccountLimitExceeded",
        "KeyRangeThroughputExceeded",
        "MaxOnDemandThroughputExceeded",
    ];
    let places = ["TableRead", "TableWrite", "IndexRead", "IndexWrite"];
    places.iter().flat_map(|place| limits.map(|limit| format!("{place}{limit}"))).collect()
}

fn subject(written: &RawEntry) -> Result<Option<Subject>, Problem> {
    let text = match (written.api, &written.item, &written.connection) {
        (_, None, None) => return Ok(None),
        (Api::DynamoDb, Some(text), None) | (Api::Connections, None, Some(text)) => text,
        (Api::DynamoDb, ..) => return Err("requests of dynamodb have an `item`".to_owned()),
        (Api::Connections, ..) => {
            return Err("requests of connections have a `connection`".to_owned());
        }
        (Api::Runtime, ..) => {
            return Err("requests of runtime concern no item and no connection".to_owned());
        }
    };
    Ok(Some(match text.strip_suffix('*') {
        Some(start) => Subject::Beginning(start.to_owned()),
        None => Subject::Exactly(text.clone()),
    }))
}

fn when(written: &RawEntry) -> Result<Frequency, Problem> {
    match (written.share, &written.nth) {
        (Some(_), Some(_)) => Err("choose one of `share` and `nth`".to_owned()),
        (Some(share), None) if (0.0..=1.0).contains(&share) => Ok(Frequency::Share(share)),
        (Some(share), None) => Err(format!("`share` is from 0 to 1, and not {share}")),
        (None, Some(numbers)) => Ok(Frequency::Nth(numbers.0.clone())),
        (None, None) => Ok(Frequency::Share(1.0)),
    }
}

fn window(written: &RawEntry) -> Result<(Duration, Option<Duration>), Problem> {
    let seconds = |name: &str, value: f64| {
        Duration::try_from_secs_f64(value).map_err(|_| format!("`{name}` is in seconds, from 0"))
    };
    let after = seconds("after", written.after.unwrap_or_default())?;
    let length = written.r#for.map(|length| seconds("for", length)).transpose()?;
    Ok((after, length.map(|length| after.saturating_add(length))))
}
