//! Fires schedules by their expressions, or one of them by its name.
//!
//! Each firing is an invocation of its own, as on AWS: a slow function runs for two moments at the same time, if it has
//! processes for that. Moments that pass while the machine sleeps are not made up for.

use std::{collections::HashMap, convert::Infallible, fmt, sync::Arc, time::Duration};

use lift_event::Timestamp;
use lift_gateway::Outcome;
use tokio::{sync::watch, time::sleep};

use super::Schedule;
use crate::{Invoker, Source};

/// The longest sleep: after it, the time is read again, because a laptop may have slept meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The schedules of an app. Clones share them.
#[derive(Clone)]
pub struct Schedules(Arc<Inner>);

struct Inner {
    invoker: Invoker,
    all: watch::Sender<Vec<Schedule>>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

/// No schedule has this name. The message names those that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSchedule {
    name: String,
    known: Vec<String>,
}

impl fmt::Display for UnknownSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, known } = self;
        match &known[..] {
            [] => write!(f, "there is no schedule `{name}`: the app has no schedules"),
            known => write!(f, "there is no schedule `{name}`, only {}", known.join(", ")),
        }
    }
}

impl std::error::Error for UnknownSchedule {}

impl Schedules {
    /// Schedules of functions of `invoker`, by the system's clock.
    #[must_use]
    pub fn new(invoker: Invoker, schedules: Vec<Schedule>) -> Self {
        Self::with_clock(invoker, schedules, Timestamp::now)
    }

    /// The same, with another clock.
    #[must_use]
    pub fn with_clock(
        invoker: Invoker,
        schedules: Vec<Schedule>,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let all = watch::Sender::new(schedules);
        Self(Arc::new(Inner { invoker, all, now: Box::new(now) }))
    }

    /// The schedules.
    #[must_use]
    pub fn all(&self) -> Vec<Schedule> {
        self.0.all.borrow().clone()
    }

    /// Replaces the schedules. One whose name and expression stay keeps its time.
    pub fn replace(&self, schedules: Vec<Schedule>) {
        self.0.all.send_replace(schedules);
    }

    /// Fires a schedule now, also a disabled one, and waits for the function's outcome.
    ///
    /// # Errors
    /// When there is no such schedule.
    pub async fn fire(&self, name: &str) -> Result<Outcome, UnknownSchedule> {
        let all = self.all();
        let unknown = || UnknownSchedule {
            name: name.to_owned(),
            known: all.iter().map(|schedule| schedule.name.clone()).collect(),
        };
        let schedule = all.iter().find(|schedule| schedule.name == name).ok_or_else(unknown)?;
        let Inner { invoker, now, .. } = &*self.0;
        let function = invoker.find(&schedule.function).map_err(|_| unknown())?;
        let payload = schedule.event(invoker.region(), now());
        Ok(invoker.invoke(function, Source::Schedule(schedule.name.clone()), payload).await)
    }

    /// Fires all schedules now, also disabled ones, and does not wait. Returns how many there are.
    pub fn fire_all(&self) -> usize {
        let all = self.all();
        let now = (self.0.now)();
        all.iter().for_each(|schedule| self.fire_later(schedule, now));
        all.len()
    }

    /// Fires the enabled schedules by their expressions, for as long as this is polled.
    pub async fn run(&self) -> Infallible {
        let mut changes = self.0.all.subscribe();
        let mut times = Times::default();
        loop {
            let now = (self.0.now)();
            let schedules = changes.borrow_and_update().clone();
            times.keep(&schedules, now);
            for (schedule, at) in times.due(&schedules, now) {
                self.fire_later(schedule, at);
            }
            let wait = times.next().map_or(LONGEST_SLEEP, |next| next.since(now));
            tokio::select! {
                () = sleep(wait.min(LONGEST_SLEEP)) => {}
                // `self` has the sender, so the wait cannot fail.
                _ = changes.changed() => {}
            }
        }
    }

    fn fire_later(&self, schedule: &Schedule, at: Timestamp) {
        let invoker = &self.0.invoker;
        match invoker.find(&schedule.function) {
            Ok(function) => {
                let payload = schedule.event(invoker.region(), at);
                invoker.invoke_later(function, Source::Schedule(schedule.name.clone()), payload);
            }
            Err(error) => tracing::error!(
                schedule = &*schedule.name,
                error = error.to_string(),
                "a schedule does not fire"
            ),
        }
    }
}

impl fmt::Debug for Schedules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedules").field(&self.all()).finish()
    }
}

/// The next moment of each schedule, by its name and its expression. `None`: there is no further one.
#[derive(Debug, Default)]
struct Times(HashMap<(String, String), Option<Timestamp>>);

impl Times {
    /// Starts new schedules at `now`, and forgets the ones that are gone.
    fn keep(&mut self, schedules: &[Schedule], now: Timestamp) {
        let enabled = || schedules.iter().filter(|schedule| schedule.enabled);
        self.0.retain(|key, _| enabled().any(|schedule| *key == key_of(schedule)));
        for schedule in enabled() {
            let first = || schedule.expression.next_after(now);
            self.0.entry(key_of(schedule)).or_insert_with(first);
        }
    }

    /// The schedules that are due, each with its moment. Their next moment is after `now`.
    fn due<'a>(
        &mut self,
        schedules: &'a [Schedule],
        now: Timestamp,
    ) -> Vec<(&'a Schedule, Timestamp)> {
        let mut due = Vec::new();
        for schedule in schedules {
            let Some(next) = self.0.get_mut(&key_of(schedule)) else { continue };
            let Some(at) = next.filter(|at| *at <= now) else { continue };
            due.push((schedule, at));
            let following = schedule.expression.next_after(at);
            let is_ahead = |next: &Timestamp| *next > now;
            *next = following.filter(is_ahead).or_else(|| schedule.expression.next_after(now));
        }
        due
    }

    fn next(&self) -> Option<Timestamp> {
        self.0.values().flatten().min().copied()
    }
}

fn key_of(schedule: &Schedule) -> (String, String) {
    (schedule.name.clone(), schedule.expression.to_string())
}
