//! The API after a reload: the routes of the new description, and the tables that it names.

use std::collections::BTreeSet;

use anyhow::Result;
use lift_gateway::{Routes, ServerHandle};
use lift_invoke::{Integration, Schedule, Schedules};

use crate::dev::{
    dynamodb::app_tables::AppTables,
    functions::program::Program,
    plan::{ApiPlan, schedules},
    program::describe::describe,
};

/// Deploys the API of an app that describes its own routes.
pub(crate) struct Deploy {
    /// The planned API, without the app's description.
    pub(crate) api: ApiPlan,
    /// The index of the app among `integrations`.
    pub(crate) app: usize,
    pub(crate) integrations: Vec<Integration>,
    pub(crate) tables: AppTables,
    /// The keys of the deployed routes.
    pub(crate) keys: BTreeSet<String>,
    /// The app's schedules, which are replaced.
    pub(crate) schedules: Schedules,
}

/// Routes that are not deployed yet.
pub(crate) struct NextApi {
    routes: Routes,
    keys: BTreeSet<String>,
    schedules: Vec<Schedule>,
}

impl Deploy {
    /// Asks `program` for its description, and prepares the tables and the routes that it needs.
    pub(crate) async fn prepare(&mut self, program: &mut Program) -> Result<NextApi> {
        let description = describe(&program.executable, &program.variables).await?;
        for (variable, name) in self.tables.make_ready(&description, &program.variables).await? {
            program.variables.insert(variable.into(), name.into());
        }
        let schedules = schedules::of_description(&program.name, &description)?;
        let mut api = self.api.clone();
        api.add_description(self.app, description)?;
        let keys = api.route_keys();
        Ok(NextApi { routes: api.routes(&self.integrations)?, keys, schedules })
    }

    /// Deploys the routes and the schedules, and returns the part of the log line that names new and removed ones.
    pub(crate) fn deploy(&mut self, next: NextApi, handle: &ServerHandle) -> String {
        let NextApi { routes, keys, schedules } = next;
        handle.deploy(routes);
        self.schedules.replace(schedules);
        let changes = list("new routes", keys.difference(&self.keys))
            + &list("routes gone", self.keys.difference(&keys));
        self.keys = keys;
        changes
    }
}

/// `; title: a, b`, or nothing if there are no keys.
fn list<'a>(title: &str, keys: impl Iterator<Item = &'a String>) -> String {
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    if keys.is_empty() { String::new() } else { format!("; {title}: {}", keys.join(", ")) }
}
