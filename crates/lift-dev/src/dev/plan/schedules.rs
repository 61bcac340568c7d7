//! The schedules that a template or an app's description declares.

use anyhow::{Context as _, Result};
use lift_invoke::{Schedule, ScheduleService};
use lift_template::Function;
use lift_ws::describe::Description;

/// The schedules of the description of a function.
pub(crate) fn of_description(function: &str, description: &Description) -> Result<Vec<Schedule>> {
    let schedules = description.schedules.iter().map(|schedule| {
        let expression = schedule.expression.parse();
        let expression =
            expression.with_context(|| format!("the app's schedule {}", schedule.name))?;
        Ok(Schedule::new(&*schedule.name, function, expression))
    });
    schedules.collect()
}

/// The schedules of a template with these functions.
pub(super) fn of_template(
    schedules: Vec<lift_template::Schedule>,
    functions: &[Function],
) -> Vec<Schedule> {
    let schedules = schedules.into_iter().filter_map(|read| {
        let function = functions.iter().find(|function| function.id == read.function)?;
        let mut schedule = Schedule::new(read.name, &*function.name, read.expression);
        (schedule.input, schedule.enabled) = (read.input, read.enabled);
        if read.is_of_scheduler {
            schedule.service = ScheduleService::Scheduler;
        }
        Some(schedule)
    });
    schedules.collect()
}
