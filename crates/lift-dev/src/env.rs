//! `lift env`: what a program beside a running `lift dev` needs, as text or for a command that it becomes.

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    args::{EnvArgs, EnvFormat},
    exit,
    running::{RunningApp, Wanted},
};

/// The exit codes of a shell for a command that does not exist, and for one that cannot be run.
const NOT_FOUND: u8 = 127;
const CANNOT_RUN: u8 = 126;

/// The variables of a profile, which would have priority over the variables of an app for some SDKs.
const PROFILE: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// Prints the variables, or becomes the command.
pub(crate) fn run(args: EnvArgs) -> Result<ExitCode> {
    let data_dir = args.data_dir.as_deref();
    let app = Wanted { port: args.port, data_dir, flag: "--port" }.find()?;
    let is_named = args.port.is_some() || data_dir.is_some();
    if !is_named && !env::current_dir().is_ok_and(|here| here.starts_with(&app.folder)) {
        exit::note(format_args!("for the app on port {app}"));
    }
    let mut command = args.command.into_iter();
    if let Some(program) = command.next() {
        return become_command(&app, &program, command);
    }
    let text = match args.format {
        EnvFormat::Shell => shell(&app)?,
        EnvFormat::Dotenv => dotenv(&app),
        EnvFormat::Json => format!("{}\n", serde_json::to_string_pretty(&app.variables)?),
    };
    io::stdout().write_all(text.as_bytes()).context("cannot write the variables to stdout")?;
    Ok(ExitCode::SUCCESS)
}

/// Replaces this process, so that signals and the exit code are the command's own. Returns only on an error.
fn become_command(
    app: &RunningApp,
    program: &OsString,
    args: impl Iterator<Item = OsString>,
) -> Result<ExitCode> {
    let mut command = Command::new(program);
    command.args(args).envs(&app.variables);
    PROFILE.iter().for_each(|name| {
        command.env_remove(name);
    });
    let error = command.exec();
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    let reason = if is_missing { "there is no such program".to_owned() } else { error.to_string() };
    exit::report(&anyhow::anyhow!("cannot run {}: {reason}", program.display()));
    Ok(ExitCode::from(if is_missing { NOT_FOUND } else { CANNOT_RUN }))
}

/// Lines for `eval "$(lift env)"`.
fn shell(app: &RunningApp) -> Result<String> {
    let mut text = String::new();
    for name in PROFILE.iter().filter(|name| env::var_os(name).is_some()) {
        text += &format!("unset {name}\n");
    }
    for (name, value) in &app.variables {
        let Ok(value) = shlex::try_quote(value) else {
            bail!("{name} has a value that a shell cannot have: pass --format json");
        };
        text += &format!("export {name}={value}\n");
    }
    Ok(text)
}

/// Lines of a `.env` file. Double quotes are what all readers of such files understand.
fn dotenv(app: &RunningApp) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@+,".contains(c);
    let line = |(name, value): (&String, &String)| {
        if value.chars().all(is_plain) {
            return format!("{name}={value}\n");
        }
        let mut quoted = String::new();
        for c in value.chars() {
            match c {
                '\n' => quoted += "\\n",
                '"' | '\\' | '$' => quoted.extend(['\\', c]),
                c => quoted.push(c),
            }
        }
        format!("{name}=\"{quoted}\"\n")
    };
    app.variables.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_so_that_each_reader_gets_them_back() {
        let variables = [
            ("AWS_REGION", "us-east-1"),
            ("GREETING", "it's \"$HOME\" \\ é"),
            ("URL", "http://127.0.0.1:3001/local"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let app = RunningApp {
            process: 1,
            name: "chat".to_owned(),
            folder: "/chat".into(),
            data_dir: "/chat/.lift".into(),
            gateway: ([127, 0, 0, 1], 3001).into(),
            stage: "local".to_owned(),
            database: ([127, 0, 0, 1], 3002).into(),
            lambda: ([127, 0, 0, 1], 3003).into(),
            variables,
        };
        let read = dotenvy::from_read_iter(dotenv(&app).into_bytes().as_slice())
            .collect::<Result<std::collections::BTreeMap<_, _>, _>>();
        assert_eq!(read.expect("lines of a .env file"), app.variables);
        let lines = shell(&app).expect("quoted");
        let assigned: std::collections::BTreeMap<String, String> = lines
            .lines()
            .filter_map(|line| {
                shlex::split(line)?
                    .pop()?
                    .split_once('=')
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
            })
            .collect();
        assert_eq!(assigned, app.variables);
    }
}
