//! The tables that an app's description names: of connections, and of the app's own. They are made
//! ready before the first process that uses them starts.

use std::{ffi::OsStr, net::SocketAddr};

use anyhow::{Context as _, Result, bail};
use lift_aws::{AwsConfig, Table, table::CreateOptions};
use lift_ws::describe::{Description, LayoutDescription, TableDescription};

use super::connections_table::ConnectionsTable;
use crate::dev::program::{describe::table_variable, variables::Variables};

/// The tables of an app in the data folder.
#[derive(Debug)]
pub(crate) struct AppTables {
    app: String,
    database: SocketAddr,
    config: AwsConfig,
    connections: ConnectionsTable,
    /// The names of the app's own tables that are ready.
    own: Vec<String>,
}

impl AppTables {
    /// The tables of the app `app`. None exists yet.
    pub(crate) fn new(database: SocketAddr, region: &str, app: &str) -> Self {
        Self {
            app: app.to_owned(),
            database,
            config: AwsConfig::local(&format!("http://{database}"), region),
            connections: ConnectionsTable::new(database, region, app),
            own: Vec::new(),
        }
    }

    /// Makes the tables of a description ready, and returns the variables that hold their names, with
    /// the names. A variable that is set already names its table.
    pub(crate) async fn make_ready(
        &mut self,
        description: &Description,
        variables: &Variables,
    ) -> Result<Vec<(String, String)>> {
        let mut names = Vec::new();
        if let Some(variable) = table_variable(description) {
            self.connections.make_ready().await?;
            names.push((variable.to_owned(), self.connections.name().to_owned()));
        }
        for table in &description.tables {
            let TableDescription { env, layout: Some(layout), .. } = table else { continue };
            let name = match variables.get(OsStr::new(env)).filter(|name| !name.is_empty()) {
                Some(name) => name.to_string_lossy().into_owned(),
                None => name_of(&self.app, table),
            };
            self.make_own(&name, env, layout).await?;
            if !self.own.contains(&name) {
                self.own.push(name.clone());
            }
            names.push((env.clone(), name));
        }
        Ok(names)
    }

    /// The names of the tables that are ready.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(String::as_str).chain(self.connections.ready_name())
    }

    /// The name of the table of connections, if the app has one.
    pub(crate) fn connections(&self) -> Option<&str> {
        self.connections.ready_name()
    }

    /// Creates a table, or adds what it lacks. Its items are kept.
    async fn make_own(&self, name: &str, env: &str, layout: &LayoutDescription) -> Result<()> {
        let table = Table::with_layout(&self.config, name, layout);
        let created = table.create(&CreateOptions::new().with_updates()).await;
        let created = match created {
            Ok(created) => created,
            Err(error) if error.is_other_layout() => bail!(
                "in the data folder, {error}. For another table, start with {env}={name}-2 in the \
                 environment. Then `lift table delete --table {name} --endpoint-url http://{}` deletes \
                 the old one with its items, if you do not need them",
                self.database
            ),
            Err(error) => {
                return Err(error)
                    .context(format!("the table {name} of {env} cannot be made ready"));
            }
        };
        if !created.added.is_empty() {
            tracing::info!("the table {name} has now: {}", created.added.join(", "));
        }
        for note in created.notes {
            tracing::warn!("the table {name}: {note}");
        }
        Ok(())
    }
}

/// The name of a table of the app or the prefix `app`, where no variable names it.
pub(crate) fn name_of(app: &str, table: &TableDescription) -> String {
    let name = table.name.as_deref().unwrap_or(&table.kind);
    format!("{app}-{name}")
}
