//! The schedules that a template or an app's description declares.

use anyhow::{Context as _, Result};
use lift_invoke::Schedule;
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
