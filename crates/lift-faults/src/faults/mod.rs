//! The plan at work: what falls on each request.
//!
//! [`falls`] is the decision, a pure function; [`Faults::meet`] counts requests, asks it for each
//! entry of the plan, and writes the record.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::StatusCode;
use tokio::time::Instant;

use crate::{
    call::Call,
    plan::{Access, Api, Fault, Lost, Plan, Reason, What, When},
    random::Dice,
    report::{Injected, Report},
};

/// A plan at work. Clones share its counts and its record, so that one plan governs all links of a
/// program. Windows of the plan begin when this is made.
#[derive(Clone)]
pub struct Faults(Arc<State>);

struct State {
    plan: Plan,
    started: Instant,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// How many requests each entry has met, by operation.
    met: HashMap<(usize, String), u64>,
    report: Report,
}

/// All that falls on one request: delays and lags add up, of the others the first one counts.
#[derive(Debug, Default)]
pub(crate) struct Meeting {
    pub(crate) delay: Duration,
    /// How long the indexes do not see what the request writes.
    pub(crate) index_lag: Duration,
    /// How long stale reads do not see what the request writes.
    pub(crate) stale_lag: Duration,
    /// Whether the request, which reads, is answered with what was true before.
    pub(crate) is_stale: bool,
    /// What happens beside, and the number that it has in the record.
    pub(crate) effect: Option<(Effect, u64)>,
}

/// What happens to a request, with all that is left to chance decided.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Throttle(Option<Reason>),
    Error { status: StatusCode, name: Option<String>, lost: Lost },
    Hang { at_most: Option<Duration>, lost: Lost },
    Reset { lost: Lost },
    Duplicate { after: Duration },
    Reorder { at_most: Duration },
}

/// Whether an entry of the plan falls on the request with this number, counted from 1; if so, the
/// dice that decide the rest.
fn falls(seed: u64, entry: usize, when: &When, operation: &str, number: u64) -> Option<Dice> {
    let mut dice = Dice::new(seed, entry, operation, number);
    let chance = dice.unit();
    let falls = match when {
        When::Share(share) => chance < *share,
        When::Nth(ranges) => ranges.iter().any(|range| range.contains(&number)),
    };
    falls.then_some(dice)
}

impl Faults {
    /// Begins a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let report = Report { seed: plan.seed(), ..Report::default() };
        let progress = Mutex::new(Progress { report, ..Progress::default() });
        Self(Arc::new(State { plan, started: Instant::now(), progress }))
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.0.plan
    }

    /// What went wrong so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.progress().report.clone()
    }

    /// Decides what falls on a request, and notes it.
    pub(crate) fn meet(&self, api: Api, call: &Call) -> Meeting {
        let age = self.0.started.elapsed();
        let mut meeting = Meeting::default();
        let mut progress = self.progress();
        for (entry, fault) in self.0.plan.faults().filter(|(_, fault)| is_for(fault, api, call)) {
            let met = progress.met.entry((entry, call.operation.clone())).or_default();
            *met += 1;
            let number = *met;
            let (begin, end) = fault.window;
            // A request outside the window is counted too, so that time does not shift the rest.
            if age < begin || end.is_some_and(|end| age >= end) {
                continue;
            }
            let seed = self.0.plan.seed();
            if let (What::Stale(span), Some(Access::Write)) = (&fault.what, access(call)) {
                let lag = Dice::new(seed, entry, &call.operation, number).within(*span);
                meeting.stale_lag = meeting.stale_lag.max(lag);
                continue;
            }
            let Some(dice) = falls(seed, entry, &fault.when, &call.operation, number) else {
                continue;
            };
            let next = progress.report.total + 1;
            let Some(what) = meeting.take(&fault.what, dice, next) else { continue };
            progress.report.total = next;
            let injected = Injected {
                number: next,
                entry: entry + 1,
                api,
                operation: call.operation.clone(),
                request: number,
                subject: call.subject().map(str::to_owned),
                what,
            };
            tracing::info!("{injected}");
            progress.report.add(injected);
        }
        meeting
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meeting {
    /// Adds one fault and says what it is, unless an earlier one excludes it.
    fn take(&mut self, what: &What, mut dice: Dice, number: u64) -> Option<String> {
        let lose = |lost: &Lost| match lost {
            Lost::Request => "the request is lost",
            Lost::Answer => "the answer is lost",
        };
        let (effect, words) = match what {
            What::Delay(span) => {
                let time = dice.within(*span);
                self.delay += time;
                return Some(format!("delay of {} ms", time.as_millis()));
            }
            What::IndexLag(span) => {
                let time = dice.within(*span);
                self.index_lag = self.index_lag.max(time);
                return Some(format!("index lag of {} ms", time.as_millis()));
            }
            What::Stale(_) => {
                self.is_stale = true;
                return Some("stale read".to_owned());
            }
            _ if self.effect.is_some() => return None,
            What::Throttle(reason) => {
                let words = match reason {
                    Some(reason) => format!("throttle for {}", reason.name),
                    None => "throttle".to_owned(),
                };
                (Effect::Throttle(reason.clone()), words)
            }
            What::Error { status, name, lost } => {
                let words = match name {
                    Some(name) => format!("error {} {name}, {}", status.as_u16(), lose(lost)),
                    None => format!("error {}, {}", status.as_u16(), lose(lost)),
                };
                (Effect::Error { status: *status, name: name.clone(), lost: *lost }, words)
            }
            What::Hang { at_most, lost } => {
                let at_most = at_most.map(|span| dice.within(span));
                let words = match at_most {
                    Some(time) => format!("hang for {} ms, {}", time.as_millis(), lose(lost)),
                    None => format!("hang, {}", lose(lost)),
                };
                (Effect::Hang { at_most, lost: *lost }, words)
            }
            What::Reset { lost } => {
                (Effect::Reset { lost: *lost }, format!("reset, {}", lose(lost)))
            }
            What::Duplicate(span) => {
                let after = dice.within(*span);
                (Effect::Duplicate { after }, format!("duplicate after {} ms", after.as_millis()))
            }
            What::Reorder { at_most } => {
                let at_most = dice.within(*at_most);
                let words = format!("reorder, held for at most {} ms", at_most.as_millis());
                (Effect::Reorder { at_most }, words)
            }
        };
        self.effect = Some((effect, number));
        Some(words)
    }
}

/// Whether an entry is about requests like this one.
fn is_for(fault: &Fault, api: Api, call: &Call) -> bool {
    if fault.api != api {
        return false;
    }
    if matches!(fault.what, What::Stale(_)) && access(call) == Some(Access::Write) {
        // Whichever reads are stale, all writes are what they have not seen.
        return true;
    }
    let is_named = fault.operation.as_ref().is_none_or(|name| *name == call.operation);
    let is_meant = fault.subject.as_ref().is_none_or(|subject| call.is_about(subject));
    let falls = fault.what.falls_on(api, &call.operation);
    is_named && is_meant && falls && is_possible(&fault.what, call)
}

/// What the operation alone does not say.
fn is_possible(what: &What, call: &Call) -> bool {
    let Some(items) = call.items() else { return true };
    match what {
        What::Stale(_) => items.is_eventual() && items.index().is_none(),
        What::Throttle(Some(reason)) if reason.access() == Access::Read => {
            reason.is_of_index() == items.index().is_some()
        }
        _ => true,
    }
}

fn access(call: &Call) -> Option<Access> {
    call.items().and_then(|items| items.access)
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("plan", &self.0.plan).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
