//! Asks the app for its description: with `LIFT_DESCRIBE=1`, a Lift app prints its routes and tables as
//! one JSON object and exits before it does anything else.

use std::{process::ExitStatus, time::Duration};

use anyhow::{Context as _, Result, bail};
use lift_aws::variables::DESCRIBE;
use lift_ws::describe::Description;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{executable::Executable, variables::Variables};

/// How long an app may take to describe itself.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of output that are read. A description has a few kilobytes.
const MAX_OUTPUT: u64 = 4 * 1024 * 1024;

/// How many of the last lines on stderr an error shows.
const LAST_LINES: usize = 20;

/// The environment variable for the name of the app's table of connections, if the app has one.
pub(crate) fn table_variable(description: &Description) -> Option<&str> {
    let table = description.tables.iter().find(|table| table.kind == "connections");
    table.map(|table| &*table.env)
}

/// Runs `program` to get its description.
pub(crate) async fn describe(program: &Executable, variables: &Variables) -> Result<Description> {
    let mut child = program.spawn(&mut program.command(variables, &[(DESCRIBE, "1")]))?;
    let (stdout, stderr) = (child.stdout(), child.stderr());
    let all = async { tokio::join!(child.wait(), read(stdout), read(stderr)) };
    let Ok((status, stdout, stderr)) = tokio::time::timeout(TIMEOUT, all).await else {
        bail!(
            "{}: started with {DESCRIBE}=1, it did not exit within {} s. {NAME_ROUTES}do nothing \
             slow in `main` before `lift_aws::run(app).await`, which prints the description",
            not_an_app(program),
            TIMEOUT.as_secs(),
        );
    };
    parse(program, status?, &stdout, &stderr)
}

const NAME_ROUTES: &str =
    "Name its routes, such as --route '$connect' --route say; or, in a Lift app, ";

fn not_an_app(program: &Executable) -> String {
    format!("`{program}` is not a Lift app")
}

/// Reads the description from what `program` wrote.
fn parse(
    program: &Executable,
    status: ExitStatus,
    stdout: &str,
    stderr: &str,
) -> Result<Description> {
    /// Read first and alone, because another version may have another shape.
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    // Earlier lines are what `main` prints before it calls Lift.
    let line = stdout.trim_end().lines().next_back().unwrap_or_default();
    match serde_json::from_str(line) {
        Ok(Version { version: 1 }) => serde_json::from_str(line)
            .with_context(|| format!("cannot read the description of `{program}`")),
        Ok(Version { version }) => bail!(
            "the app's description has version {version}, but this `lift` reads version 1: use the \
             same release of `lift` and of the app's Lift crates"
        ),
        Err(_) if !status.success() => bail!("{}", stopped(program, status, stderr)),
        Err(_) => bail!(
            "{}: started with {DESCRIBE}=1, it printed no description ({status}). {NAME_ROUTES}end \
             `main` with `lift_aws::run(app).await`{}",
            not_an_app(program),
            last_lines(stderr),
        ),
    }
}

/// Why a program that failed did not describe itself: what it wrote last, and the likely causes.
fn stopped(program: &Executable, status: ExitStatus, stderr: &str) -> String {
    let is_hint = |line: &&str| line.trim().is_empty() || line.starts_with("note: run with `RUST_");
    let reason = stderr.lines().rev().find(|line| !is_hint(line)).map(str::trim);
    let all = match stderr.trim_end().lines().count() {
        0 | 1 => String::new(),
        _ => format!("\nIts last lines:{}", last_lines(stderr)),
    };
    format!(
        "`{program}` stopped before it described itself ({status}): {}\n\
         `lift` runs `main` with {DESCRIBE}=1 to ask for the routes. The likely cause: `main` makes the app's state \
         first, or reads a variable that is not set. Make the state in `App::with_state_from(async fn)`, which runs \
         later; or set the variable with --env-file FILE. If it is no Lift app, name its routes, such as \
         --route '$connect' --route say{all}",
        reason.unwrap_or("it wrote nothing to stderr"),
    )
}

/// The last lines that the program wrote to stderr, which often explain why it printed nothing.
fn last_lines(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.trim_end().lines().collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    last.iter().map(|line| format!("\n  {line}")).collect()
}

async fn read(source: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(source) = source {
        // If reading fails, the bytes before the failure are still worth showing.
        let _ = source.take(MAX_OUTPUT).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
