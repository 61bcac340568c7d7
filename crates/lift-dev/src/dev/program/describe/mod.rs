//! Asks the app what it is: with `LIFT_DESCRIBE=1` a Lift app prints its routes and tables as one
//! JSON object and exits, before it does anything else.

use std::{process::ExitStatus, time::Duration};

use anyhow::{Context as _, Result, bail};
use lift_aws::variables;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::dev::program::{executable::Executable, variables::Variables};

const PATIENCE: Duration = Duration::from_secs(10);

/// A description is some kilobytes; a program that prints without end is not describing itself.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What the app says of itself. Keys that a later version adds are ignored.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Description {
    /// The routes, `$connect` and its like included when the app has them.
    #[serde(default)]
    pub(crate) routes: Vec<Route>,
    /// The tables that it needs.
    #[serde(default)]
    pub(crate) tables: Vec<Table>,
    /// What holds for the whole app.
    #[serde(default)]
    pub(crate) settings: Settings,
}

/// Settings of the whole app, those of them that concern the gateway.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    /// The route selection expression; API Gateway's usual one when the app says none.
    #[serde(default)]
    pub(crate) selection: Option<String>,
}

impl Description {
    /// The variable through which the app learns the name of its table of connections, if it
    /// keeps one.
    pub(crate) fn table_variable(&self) -> Option<&str> {
        self.tables.iter().find(|table| table.kind == "connections").map(|table| &*table.env)
    }
}

/// One route of the app.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Route {
    /// The route key.
    pub(crate) key: String,
    /// Whether what the handler returns is sent to the client.
    #[serde(default)]
    pub(crate) two_way: bool,
}

/// One table of the app.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Table {
    /// What the app keeps in it; `connections` is the kind that there is today.
    #[serde(default)]
    pub(crate) kind: String,
    /// The environment variable that holds its name.
    pub(crate) env: String,
}

/// Runs `program` so that it describes itself.
pub(crate) async fn describe(program: &Executable, variables: &Variables) -> Result<Description> {
    let mut child =
        program.spawn(&mut program.command(variables, &[(variables::DESCRIBE, "1")]))?;
    let (stdout, stderr) = (child.stdout(), child.stderr());
    let all = async { tokio::join!(child.wait(), read(stdout), read(stderr)) };
    let Ok((status, stdout, stderr)) = tokio::time::timeout(PATIENCE, all).await else {
        bail!(
            "{}: asked with LIFT_DESCRIBE=1, it did not end within {} s. {NAMES}{FIX}",
            not_an_app(program),
            PATIENCE.as_secs(),
        );
    };
    understand(program, status?, &stdout, &stderr)
}

const FIX: &str = "let `main` do nothing slow before `lift_aws::run(app).await`, which answers it";

const NAMES: &str = "Name its routes, such as --route '$connect' --route say; or, in a Lift app, ";

fn not_an_app(program: &Executable) -> String {
    format!("`{program}` is not a Lift app")
}

fn understand(
    program: &Executable,
    status: ExitStatus,
    stdout: &str,
    stderr: &str,
) -> Result<Description> {
    /// Read first and alone, because the rest may have another shape in another version.
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    // What `main` prints before it calls Lift stands in earlier lines.
    let line = stdout.trim_end().lines().next_back().unwrap_or_default();
    match serde_json::from_str(line) {
        Ok(Version { version: 1 }) => serde_json::from_str(line)
            .with_context(|| format!("cannot read how `{program}` describes itself")),
        Ok(Version { version }) => bail!(
            "the app describes itself in version {version}, but this `lift` reads version 1: \
             bring `lift` and the app's Lift crates to the same release"
        ),
        Err(_) => {
            let words = last_lines(stderr);
            bail!(
                "{}: asked with LIFT_DESCRIBE=1, it printed no description ({status}). \
                 {NAMES}end `main` with `lift_aws::run(app).await`{words}",
                not_an_app(program),
            )
        }
    }
}

/// The end of what the program wrote to stderr, which often says why it printed nothing.
fn last_lines(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.trim_end().lines().collect();
    let last = &lines[lines.len().saturating_sub(20)..];
    last.iter().map(|line| format!("\n  {line}")).collect()
}

async fn read(source: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(source) = source {
        // What was read before a failure is still worth showing.
        let _ = source.take(LONGEST).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
