//! Runs a plan: decides which faults each request gets.
//!
//! [`hits`] is the decision, a pure function. [`Faults::decide`] counts requests, calls it for each
//! entry of the plan, and writes the report.

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
    plan::{Access, Api, Fault, FaultKind, Frequency, LostPart, Plan, Reason},
    random::Random,
    report::{FaultReport, InjectedFault},
};

/// A running plan. Clones share counters and report, so one plan applies to all links of a program. The
/// windows of the plan start when this is created.
#[derive(Clone)]
pub struct Faults(Arc<State>);

struct State {
    plan: Plan,
    started: Instant,
    counters: Mutex<Counters>,
}

#[derive(Default)]
struct Counters {
    /// How many requests have matched each entry, by operation.
    met: HashMap<(usize, String), u64>,
    report: FaultReport,
}

/// The faults of one request. Delays add up, the longest lag counts, and of the
/// other faults only the first one applies.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) delay: Duration,
    /// How long indexes do not show what the request writes.
    pub(crate) index_lag: Duration,
    /// How long stale reads do not show what the request writes.
    pub(crate) stale_lag: Duration,
    /// Whether the request is a read that gets old data.
    pub(crate) is_stale: bool,
    /// The fault besides delays and lags, with its number in the report.
    pub(crate) effect: Option<(Effect, u64)>,
}

/// A fault with all random choices made.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Throttle(Option<Reason>),
    Error { status: StatusCode, name: Option<String>, lost: LostPart },
    Hang { at_most: Option<Duration>, lost: LostPart },
    Reset { lost: LostPart },
    Duplicate { after: Duration },
    Reorder { at_most: Duration },
}

/// Whether an entry of the plan applies to the request with this number, counted from 1. If so, returns
/// the random numbers for the rest of the decision.
fn hits(seed: u64, entry: usize, when: &Frequency, operation: &str, number: u64) -> Option<Random> {
    let mut random = Random::new(seed, entry, operation, number);
    let chance = random.unit();
    let is_hit = match when {
        Frequency::Share(share) => chance < *share,
        Frequency::Nth(ranges) => ranges.iter().any(|range| range.contains(&number)),
    };
    is_hit.then_some(random)
}

impl Faults {
    /// Starts a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let report = FaultReport { seed: plan.seed(), ..FaultReport::default() };
        let counters = Mutex::new(Counters { report, ..Counters::default() });
        Self(Arc::new(State { plan, started: Instant::now(), counters }))
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.0.plan
    }

    /// The faults injected so far.
    #[must_use]
    pub fn report(&self) -> FaultReport {
        self.counters().report.clone()
    }

    /// Decides which faults a request gets, and records them.
    pub(crate) fn decide(&self, api: Api, call: &Call) -> Decision {
        let age = self.0.started.elapsed();
        let mut decision = Decision::default();
        let mut counters = self.counters();
        for (entry, fault) in self.0.plan.faults().filter(|(_, fault)| is_for(fault, api, call)) {
            let met = counters.met.entry((entry, call.operation.clone())).or_default();
            *met += 1;
            let number = *met;
            let (begin, end) = fault.window;
            // Requests outside the window are counted too, so that time does not shift the others.
            if age < begin || end.is_some_and(|end| age >= end) {
                continue;
            }
            let seed = self.0.plan.seed();
            if let (FaultKind::Stale(span), Some(Access::Write)) = (&fault.what, access(call)) {
                let lag = Random::new(seed, entry, &call.operation, number).within(*span);
                decision.stale_lag = decision.stale_lag.max(lag);
                continue;
            }
            let Some(random) = hits(seed, entry, &fault.when, &call.operation, number) else {
                continue;
            };
            let next = counters.report.total + 1;
            let Some(what) = decision.take(&fault.what, random, next) else { continue };
            counters.report.total = next;
            let injected = InjectedFault {
                number: next,
                entry: entry + 1,
                api,
                operation: call.operation.clone(),
                request: number,
                subject: call.subject().map(str::to_owned),
                what,
            };
            tracing::info!("{injected}");
            counters.report.add(injected);
        }
        decision
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.0.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Decision {
    /// Adds a fault and returns its description; `None` if an earlier fault excludes it.
    fn take(&mut self, what: &FaultKind, mut random: Random, number: u64) -> Option<String> {
        let lose = |lost: &LostPart| match lost {
            LostPart::Request => "the request is lost",
            LostPart::Response => "the response is lost",
        };
        let (effect, words) = match what {
            FaultKind::Delay(span) => {
                let time = random.within(*span);
                self.delay += time;
                return Some(format!("delay of {} ms", time.as_millis()));
            }
            FaultKind::IndexLag(span) => {
                let time = random.within(*span);
                self.index_lag = self.index_lag.max(time);
                return Some(format!("index lag of {} ms", time.as_millis()));
            }
            FaultKind::Stale(_) => {
                self.is_stale = true;
                return Some("stale read".to_owned());
            }
            _ if self.effect.is_some() => return None,
            FaultKind::Throttle(reason) => {
                let words = match reason {
                    Some(reason) => format!("throttle for {}", reason.name),
                    None => "throttle".to_owned(),
                };
                (Effect::Throttle(reason.clone()), words)
            }
            FaultKind::Error { status, name, lost } => {
                let words = match name {
                    Some(name) => format!("error {} {name}, {}", status.as_u16(), lose(lost)),
                    None => format!("error {}, {}", status.as_u16(), lose(lost)),
                };
                (Effect::Error { status: *status, name: name.clone(), lost: *lost }, words)
            }
            FaultKind::Hang { at_most, lost } => {
                let at_most = at_most.map(|span| random.within(span));
                let words = match at_most {
                    Some(time) => format!("hang for {} ms, {}", time.as_millis(), lose(lost)),
                    None => format!("hang, {}", lose(lost)),
                };
                (Effect::Hang { at_most, lost: *lost }, words)
            }
            FaultKind::Reset { lost } => {
                (Effect::Reset { lost: *lost }, format!("reset, {}", lose(lost)))
            }
            FaultKind::Duplicate(span) => {
                let after = random.within(*span);
                (Effect::Duplicate { after }, format!("duplicate after {} ms", after.as_millis()))
            }
            FaultKind::Reorder { at_most } => {
                let at_most = random.within(*at_most);
                let words = format!("reorder, held for at most {} ms", at_most.as_millis());
                (Effect::Reorder { at_most }, words)
            }
        };
        self.effect = Some((effect, number));
        Some(words)
    }
}

/// Whether an entry matches a request.
fn is_for(fault: &Fault, api: Api, call: &Call) -> bool {
    if fault.api != api {
        return false;
    }
    if matches!(fault.what, FaultKind::Stale(_)) && access(call) == Some(Access::Write) {
        // Stale reads need all writes to be delayed in the copy.
        return true;
    }
    let is_named = fault.operation.as_ref().is_none_or(|name| *name == call.operation);
    let is_meant = fault.subject.as_ref().is_none_or(|subject| call.is_about(subject));
    let is_possible_there = fault.what.applies_to(api, &call.operation);
    is_named && is_meant && is_possible_there && is_possible(&fault.what, call)
}

/// Whether a fault is possible for this request; the operation alone does not decide that.
fn is_possible(what: &FaultKind, call: &Call) -> bool {
    let Some(items) = call.items() else { return true };
    match what {
        FaultKind::Stale(_) => items.is_eventual() && items.index().is_none(),
        FaultKind::Throttle(Some(reason)) if reason.access() == Access::Read => {
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
