//! The tables of an app, by its description.

use std::{env, ffi::OsStr, path::Path};

use anyhow::{Result, bail};
use lift_aws::{AwsConfig, Table};
use lift_ws::describe::TableDescription;

use crate::{
    args::AllTablesArgs,
    dev::{
        dynamodb::app_tables::name_of,
        program::{describe::describe, package::build, project::Project, variables::Variables},
    },
};

/// A table of an app.
#[derive(Debug)]
pub(super) struct AppTable {
    pub(super) table: Table,
    pub(super) name: String,
    /// The variable of the function that holds the name.
    pub(super) env: String,
    /// Whether that variable is set here.
    pub(super) is_set: bool,
}

/// Builds the app, asks for its description, and names its tables: by the variables that hold the
/// names, or by the prefix.
pub(super) async fn tables(args: &AllTablesArgs, config: &AwsConfig) -> Result<Vec<AppTable>> {
    let path = args.path.as_deref().unwrap_or(Path::new("."));
    let project = Project::read(path, None).await?;
    let program = build(&project).await?;
    let variables: Variables = env::vars_os().collect();
    let description = describe(&program, &variables).await?;
    let prefix = args.prefix.as_deref().unwrap_or(&project.name);
    let all = description.tables.iter().filter(|table| is_known(table));
    let all: Vec<AppTable> = all
        .map(|described| {
            let set = variables.get(OsStr::new(&described.env)).filter(|name| !name.is_empty());
            let name = set.map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_else(|| name_of(prefix, described));
            let table = match &described.layout {
                Some(layout) => Table::with_layout(config, &*name, layout),
                None => Table::new(config, &*name),
            };
            AppTable { table, name, env: described.env.clone(), is_set: set.is_some() }
        })
        .collect();
    if all.is_empty() {
        bail!(
            "`{}` has no tables: it manages no connections, and declares none with `App::table`",
            project.name
        );
    }
    Ok(all)
}

/// A later release may describe tables of other kinds.
fn is_known(table: &TableDescription) -> bool {
    table.layout.is_some() || table.kind == TableDescription::CONNECTIONS
}
