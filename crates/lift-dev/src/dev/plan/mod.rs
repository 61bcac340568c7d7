//! What to run, as flags, PATH or a template declare it: functions, and the API in front of them.
//! Nothing here is built or started.
//!
//! ```text
//! flags, PATH, template -> Plan -> functions: build, start -> integrations
//!                            '---> api: with the app's own description -> settings of the gateway
//! ```

mod code;
mod flags;
pub(crate) mod schedules;
mod template;
mod types;

use anyhow::Result;

pub(crate) use self::types::{
    AccessPlan, ApiPlan, AuthorizerPlan, FunctionPlan, Plan, RoutePlan, Runner,
};
use crate::args::AppArgs;

/// Reads the plan of the app that `args` name.
pub(crate) async fn read(args: &AppArgs) -> Result<Plan> {
    match template::find(args)? {
        Some(file) => template::read(args, &file).await,
        None => flags::read(args).await,
    }
}
