//! The API after a reload: what the new code says of itself, its routes and its table.

use std::collections::BTreeSet;

use anyhow::Result;
use lift_gateway::{Control, Routes};

use crate::dev::{
    dynamodb::connections_table::ConnectionsTable,
    functions::{Target, program::Program},
    plan::ApiPlan,
    program::describe::describe,
};

/// The API of an app that says itself which routes it has.
pub(crate) struct Deploy {
    /// As it was planned, without what the app said.
    pub(crate) api: ApiPlan,
    /// Which of the targets is the app.
    pub(crate) app: usize,
    pub(crate) targets: Vec<Target>,
    pub(crate) table: ConnectionsTable,
    /// The keys of the routes that are deployed.
    pub(crate) keys: BTreeSet<String>,
}

/// Routes that are not deployed yet.
pub(crate) struct NextApi {
    routes: Routes,
    keys: BTreeSet<String>,
}

impl Deploy {
    /// Asks a program what it is, and gives it what it asks for.
    pub(crate) async fn prepare(&mut self, program: &mut Program) -> Result<NextApi> {
        let description = describe(&program.executable, &program.variables).await?;
        if let Some(variable) = description.table_variable() {
            self.table.make_ready().await?;
            program.variables.insert(variable.into(), self.table.name().into());
        }
        let mut api = self.api.clone();
        api.fill_in(self.app, description)?;
        let keys = api.keys();
        Ok(NextApi { routes: api.routes(&self.targets)?, keys })
    }

    /// Deploys the routes, and says which of them are new and which are gone.
    pub(crate) fn deploy(&mut self, next: NextApi, control: &Control) -> String {
        let NextApi { routes, keys } = next;
        control.deploy(routes);
        let list = |name: &str, keys: Vec<&str>| match &*keys {
            [] => String::new(),
            keys => format!("; {name}: {}", keys.join(", ")),
        };
        let new = keys.difference(&self.keys).map(String::as_str).collect();
        let gone = self.keys.difference(&keys).map(String::as_str).collect();
        let said = list("new routes", new) + &list("routes gone", gone);
        self.keys = keys;
        said
    }
}
