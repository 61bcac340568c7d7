//! The schedule expressions of EventBridge: `rate(5 minutes)`, `cron(0 10 * * ? *)`, `at(2026-11-20T13:00:00)`,
//! and the moments that they name.
//!
//! `lift_ws` and `lift-template` check expressions with it, and `lift-invoke` fires at the moments. A parser of our
//! own, because no maintained crate reads AWS's dialect: six fields without seconds, exactly one `?`, weekdays from
//! 1 for Sunday, and ranges such as `20-2` that wrap around.

mod calendar;
mod cron;

use std::{fmt, str::FromStr, time::Duration};

use self::{calendar::Date, cron::Cron};
use crate::Timestamp;

const MINUTE: u64 = 60 * 1000;

/// A schedule expression of EventBridge, in UTC.
///
/// ```
/// use lift_event::{ScheduleExpression, Timestamp};
///
/// let nightly: ScheduleExpression = "cron(30 2 * * ? *)".parse()?;
/// // From 2026-11-20 13:00 on, the next time is 02:30 of the next day.
/// let next = nightly.next_after(Timestamp::from_millis(1_795_179_600_000));
/// assert_eq!(next, Some(Timestamp::from_millis(1_795_228_200_000)));
///
/// let wrong = "rate(1 minutes)".parse::<ScheduleExpression>().unwrap_err();
/// assert_eq!(wrong.to_string(), "`rate(1 minutes)`: write `rate(1 minute)`");
/// # Ok::<(), lift_event::ScheduleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleExpression {
    text: String,
    kind: ExpressionKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ExpressionKind {
    Rate(Duration),
    Cron(Box<Cron>),
    At(Timestamp),
}

/// Why a text is not a schedule expression. It names the part that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {reason}")]
pub struct ScheduleError {
    text: String,
    reason: String,
}

impl ScheduleExpression {
    /// The first moment after `after` that the expression names: of a rate, one interval later; of `cron`, the next
    /// minute that matches. `None` if there is no further one.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.kind {
            ExpressionKind::Rate(interval) => Some(after + *interval),
            ExpressionKind::Cron(cron) => {
                let minute = i64::try_from(after.as_millis() / MINUTE).ok()?;
                let next = u64::try_from(cron.next_after(minute)?).ok()?;
                Some(Timestamp::from_millis(next * MINUTE))
            }
            ExpressionKind::At(moment) => Some(*moment).filter(|moment| *moment > after),
        }
    }

    /// Whether it names one moment: `at(...)`, which EventBridge Scheduler has, and rules of EventBridge do not.
    #[must_use]
    pub fn is_once(&self) -> bool {
        matches!(self.kind, ExpressionKind::At(_))
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ScheduleExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for ScheduleExpression {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        let kind = kind(text).map_err(|reason| ScheduleError { text: text.to_owned(), reason })?;
        Ok(Self { text: text.to_owned(), kind })
    }
}

fn kind(text: &str) -> Result<ExpressionKind, String> {
    let argument = |name: &str| {
        let rest = text.strip_prefix(name)?.strip_prefix('(')?;
        rest.strip_suffix(')')
    };
    if let Some(argument) = argument("rate") {
        return rate(argument).map(ExpressionKind::Rate);
    }
    if let Some(argument) = argument("cron") {
        return Cron::parse(argument).map(|cron| ExpressionKind::Cron(Box::new(cron)));
    }
    if let Some(argument) = argument("at") {
        let moment = moment(argument).map(ExpressionKind::At);
        return moment.ok_or_else(|| "write a moment such as `at(2026-11-20T13:00:00)`".to_owned());
    }
    Err("write `rate(5 minutes)` or `cron(0 10 * * ? *)`".to_owned())
}

/// `5 minutes`
fn rate(text: &str) -> Result<Duration, String> {
    const EXPECTED: &str = "write a number and minutes, hours or days, such as `rate(5 minutes)`; 1 minute is the shortest";
    let mut words = text.split_whitespace();
    let (Some(number), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(EXPECTED.to_owned());
    };
    let number: u32 = number.parse().map_err(|_| EXPECTED.to_owned())?;
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let minutes = match singular {
        "minute" => 1,
        "hour" => 60,
        "day" => 24 * 60,
        _ => return Err(EXPECTED.to_owned()),
    };
    match (number, unit == singular) {
        (0, _) => Err(EXPECTED.to_owned()),
        // AWS refuses both, too.
        (1, false) => Err(format!("write `rate(1 {singular})`")),
        (2.., true) => Err(format!("write `rate({number} {singular}s)`")),
        _ => Ok(Duration::from_secs(u64::from(number) * minutes * 60)),
    }
}

/// `2026-11-20T13:00:00`
fn moment(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    let numbers = |text: &str, separator| -> Option<[u32; 3]> {
        let all: Vec<u32> = text.split(separator).map(str::parse).collect::<Result<_, _>>().ok()?;
        all.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let date = Date { year: i32::try_from(year).ok()?, month, day };
    let is_valid = date.exists() && hour < 24 && minute < 60 && second < 60;
    let days = u64::try_from(date.days()).ok().filter(|_| is_valid)?;
    let seconds = ((days * 24 + u64::from(hour)) * 60 + u64::from(minute)) * 60 + u64::from(second);
    Some(Timestamp::from_millis(seconds * 1000))
}
