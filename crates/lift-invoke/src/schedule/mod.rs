//! Schedules: what fires when, for which function. `run` fires them, `event` makes their events.

mod event;
mod run;

use lift_event::ScheduleExpression;

pub use self::{
    event::scheduled_event,
    run::{Schedules, UnknownSchedule},
};

/// A schedule of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// Its name, which is unique in the app.
    pub name: String,
    /// The name of its function.
    pub function: String,
    /// When it fires.
    pub expression: ScheduleExpression,
    /// The event, as JSON, if it has one of its own. Otherwise the event is that of its service.
    pub input: Option<String>,
    /// Whether it fires by its expression. Any schedule can be fired by its name.
    pub enabled: bool,
    /// The service that fires it on AWS, which determines its event.
    pub service: ScheduleService,
}

/// The services that fire schedules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScheduleService {
    /// A rule of EventBridge (`AWS::Events::Rule`).
    #[default]
    Rule,
    /// EventBridge Scheduler (`AWS::Scheduler::Schedule`).
    Scheduler,
}

impl Schedule {
    /// A schedule of an EventBridge rule, without an event of its own.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        function: impl Into<String>,
        expression: ScheduleExpression,
    ) -> Self {
        Self {
            name: name.into(),
            function: function.into(),
            expression,
            input: None,
            enabled: true,
            service: ScheduleService::Rule,
        }
    }

    /// `close: rate(1 minute)`, for lists.
    #[must_use]
    pub fn summary(&self) -> String {
        let off = if self.enabled { "" } else { ", disabled" };
        format!("{}: {}{off}", self.name, self.expression)
    }
}
