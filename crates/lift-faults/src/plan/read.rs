//! A plan from TOML: first as it is written, then as it makes sense.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Access, Api, Fault, Lost, Plan, PlanError, Reason, Span, Subject, What, When, error::meant,
    operation, range::Numbers,
};

/// How late a second copy of a request comes, unless the plan says.
const SOON: Span = Span { from: 0, to: 100 };

/// How long a request is held for a later one to pass it, unless the plan says.
const HELD: Span = Span { from: 1_000, to: 1_000 };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlan {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    fault: Vec<Spanned<Written>>,
}

/// One entry, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    api: Api,
    operation: Option<String>,
    item: Option<String>,
    connection: Option<String>,
    kind: Kind,
    share: Option<f64>,
    nth: Option<Numbers>,
    after: Option<f64>,
    r#for: Option<f64>,
    ms: Option<Span>,
    reason: Option<String>,
    index: Option<String>,
    status: Option<u16>,
    error: Option<String>,
    lost: Option<Lost>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
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

impl Kind {
    /// As it stands in a plan.
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

/// What is wrong with an entry.
type Wrong = String;

pub(super) fn plan(text: &str) -> Result<Plan, PlanError> {
    let written: WrittenPlan =
        toml::from_str(text).map_err(|error| PlanError::of_toml(text, &error))?;
    let faults = written.fault.into_iter().map(|entry| {
        let span = entry.span();
        fault(entry.into_inner()).map_err(|wrong| PlanError::new(text, Some(span), wrong))
    });
    Ok(Plan { seed: written.seed, faults: faults.collect::<Result<_, _>>()? })
}

fn fault(written: Written) -> Result<Fault, Wrong> {
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

/// Each kind has fields of its own, and some are of one API.
fn check_fields(written: &Written) -> Result<(), Wrong> {
    let allowed: &[&str] = match written.kind {
        Kind::Delay | Kind::Duplicate | Kind::Reorder | Kind::Stale | Kind::IndexLag => &["ms"],
        Kind::Throttle if written.api == Api::DynamoDb => &["reason", "index"],
        Kind::Throttle => &[],
        Kind::Error => &["status", "error", "lost"],
        Kind::Hang => &["ms", "lost"],
        Kind::Reset => &["lost"],
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
            return Err(format!("`{name}` does not go with {kind} of {api}: leave it out"));
        }
    }
    Ok(())
}

fn check_operation(written: &Written, what: &What) -> Result<(), Wrong> {
    let (api, kind) = (written.api, written.kind.name());
    let names = operation::names(api);
    let fit: Vec<&str> = names.iter().copied().filter(|name| what.falls_on(api, name)).collect();
    if fit.is_empty() {
        return Err(format!("there is no {kind} of the {api} API"));
    }
    let Some(name) = written.operation.as_deref() else { return Ok(()) };
    if !names.contains(&name) {
        return Err(format!("unknown operation `{name}` of {api}{}", meant(name, &names)));
    }
    if !fit.contains(&name) {
        return Err(format!("{kind} does not fall on {name}, but on {}", fit.join(", ")));
    }
    Ok(())
}

fn what(written: &Written) -> Result<What, Wrong> {
    let lost = written.lost.unwrap_or_default();
    let ms = written.ms.ok_or("say how long with `ms`, such as ms = \"20..300\"");
    Ok(match written.kind {
        Kind::Delay => What::Delay(ms?),
        Kind::Stale => What::Stale(ms?),
        Kind::IndexLag => What::IndexLag(ms?),
        Kind::Duplicate => What::Duplicate(written.ms.unwrap_or(SOON)),
        Kind::Reorder => What::Reorder { at_most: written.ms.unwrap_or(HELD) },
        Kind::Hang => What::Hang { at_most: written.ms, lost },
        Kind::Reset => What::Reset { lost },
        Kind::Throttle => What::Throttle(reason(written)?),
        Kind::Error => {
            let status = written.status.unwrap_or(500);
            let status = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 400);
            let status = status.ok_or("`status` is an error's: from 400 to 999")?;
            What::Error { status, name: written.error.clone(), lost }
        }
    })
}

fn reason(written: &Written) -> Result<Option<Reason>, Wrong> {
    let index = written.index.clone();
    let Some(name) = written.reason.clone() else {
        return match index {
            Some(_) => Err("`index` goes with a `reason` that is about an index".to_owned()),
            None => Ok(None),
        };
    };
    let names = reasons();
    if !names.contains(&name) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Err(format!("unknown reason `{name}`{}", meant(&name, &names)));
    }
    let reason = Reason { name, index };
    match (reason.is_of_index(), &reason.index) {
        (false, Some(_)) => Err(format!("{} is about the table, not about an index", reason.name)),
        // A query says which index it reads; a write may be refused for any of them.
        (true, None) if reason.access() == Access::Write => {
            Err(format!("say with `index` which index has {}", reason.name))
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

fn subject(written: &Written) -> Result<Option<Subject>, Wrong> {
    let text = match (written.api, &written.item, &written.connection) {
        (_, None, None) => return Ok(None),
        (Api::DynamoDb, Some(text), None) | (Api::Connections, None, Some(text)) => text,
        (Api::DynamoDb, ..) => return Err("requests of dynamodb have an `item`".to_owned()),
        (Api::Connections, ..) => {
            return Err("requests of connections have a `connection`".to_owned());
        }
        (Api::Runtime, ..) => {
            return Err("requests of runtime are about no item and no connection".to_owned());
        }
    };
    Ok(Some(match text.strip_suffix('*') {
        Some(start) => Subject::Beginning(start.to_owned()),
        None => Subject::Exactly(text.clone()),
    }))
}

fn when(written: &Written) -> Result<When, Wrong> {
    match (written.share, &written.nth) {
        (Some(_), Some(_)) => Err("choose one of `share` and `nth`".to_owned()),
        (Some(share), None) if (0.0..=1.0).contains(&share) => Ok(When::Share(share)),
        (Some(share), None) => Err(format!("`share` is from 0 to 1, and not {share}")),
        (None, Some(numbers)) => Ok(When::Nth(numbers.0.clone())),
        (None, None) => Ok(When::Share(1.0)),
    }
}

fn window(written: &Written) -> Result<(Duration, Option<Duration>), Wrong> {
    let seconds = |name: &str, value: f64| {
        Duration::try_from_secs_f64(value).map_err(|_| format!("`{name}` is in seconds, from 0"))
    };
    let after = seconds("after", written.after.unwrap_or_default())?;
    let length = written.r#for.map(|length| seconds("for", length)).transpose()?;
    Ok((after, length.map(|length| after.saturating_add(length))))
}
