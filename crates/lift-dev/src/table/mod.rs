//! `lift table`: creates, describes, checks or deletes a table by `lift_aws::Table`, or all tables of an
//! app. Progress is on stderr, the result on stdout.

mod app;
mod progress;

use std::{
    io::{self, IsTerminal as _, Write as _, stderr, stdin},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use clap::error::ErrorKind;
use lift_aws::{AwsConfig, Table, table::CreateOptions};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    args::{
        Args, CreateArgs, EndpointArgs, TableArgs, TableCommand, TableLocationArgs, WhichTables,
        WrongArgs,
    },
    escape,
    exit::note,
};

use app::AppTable;
use progress::Progress;

/// Runs one command. A table that does not fit exits with 1, without an error.
pub(crate) fn run(args: TableArgs) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the async runtime")?;
    runtime.block_on(async {
        match args.command {
            TableCommand::Create(args) => create(args).await,
            TableCommand::Describe { location, json } => {
                let live = find(&location).await?.describe().await?;
                print(&live, json)?;
                Ok(ExitCode::SUCCESS)
            }
            TableCommand::Check { which, streams, json } => check(&which, streams, json).await,
            TableCommand::Delete { location, yes } => delete(&location, yes).await,
        }
    })
}

async fn create(args: CreateArgs) -> Result<ExitCode> {
    let options = options(&args);
    let config = config(&args.which.endpoint).await?;
    let Some(name) = &args.which.table else {
        return create_all(&args.which, &config, &options.with_updates()).await;
    };
    let text = create_one(&Table::new(&config, name), name, &options).await?;
    print_text(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Creates all tables of an app. The first error ends this: what was created before it is printed.
async fn create_all(
    which: &WhichTables,
    config: &AwsConfig,
    options: &CreateOptions,
) -> Result<ExitCode> {
    let all = app::tables(&which.all, config).await?;
    for AppTable { table, name, .. } in &all {
        print_text(&create_one(table, name, options).await?)?;
    }
    let to_set: Vec<String> = all
        .iter()
        .filter(|table| !table.is_set)
        .map(|AppTable { env, name, .. }| format!("  {env}={name}"))
        .collect();
    if !to_set.is_empty() {
        print_text(&format!("Set these variables of the function:\n{}", to_set.join("\n")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Creates a table, and returns what happened.
async fn create_one(table: &Table, name: &str, options: &CreateOptions) -> Result<String> {
    let progress = Progress::start(format!("looking for the table {name} at {}", table.location()));
    let created = table.create_with_progress(options, |step| progress.show(step)).await;
    progress.end();
    let created = created?;
    let added = created.added.join(", ");
    let mut text = match created.new {
        true => format!("The table {name} is created."),
        false if added.is_empty() => format!("The table {name} exists and fits."),
        false => format!("The table {name} exists; added: {added}."),
    };
    for note in created.notes {
        text += &format!("\n  note: {note}");
    }
    Ok(text)
}

async fn check(which: &WhichTables, streams: bool, json: bool) -> Result<ExitCode> {
    let config = config(&which.endpoint).await?;
    let Some(name) = &which.table else { return check_all(which, &config, streams, json).await };
    let table = Table::new(&config, name);
    let check = if streams { table.check_with_streams().await? } else { table.check().await? };
    print(&check, json)?;
    Ok(if check.fits() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks all tables of an app. A table that is missing does not fit.
async fn check_all(
    which: &WhichTables,
    config: &AwsConfig,
    streams: bool,
    json: bool,
) -> Result<ExitCode> {
    let mut results: Vec<Value> = Vec::new();
    let mut all_fit = true;
    for AppTable { table, name, .. } in app::tables(&which.all, config).await? {
        let check = if streams { table.check_with_streams().await } else { table.check().await };
        let (text, result) = match check {
            Ok(check) => {
                all_fit &= check.fits();
                (check.to_string(), serde_json::to_value(&check)?)
            }
            Err(error) if error.is_no_table() => {
                all_fit = false;
                let missing = json!({"kind": "no_table", "message": error.to_string()});
                let text = format!("The table {name} does not fit:\n  - {error}");
                let result =
                    json!({"table": name, "fits": false, "differences": [missing], "notes": []});
                (text, result)
            }
            Err(error) => return Err(error.into()),
        };
        match json {
            true => results.push(result),
            false => print_text(&text)?,
        }
    }
    if json {
        print_text(&escape::json(&serde_json::to_string_pretty(&results)?))?;
    }
    Ok(if all_fit { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn delete(location: &TableLocationArgs, yes: bool) -> Result<ExitCode> {
    if !yes {
        exit_without_terminal();
    }
    let table = find(location).await?;
    let name = &location.table;
    if !yes {
        confirm(name, table.location(), table.describe().await?.items)?;
    }
    let progress = Progress::start(format!("deleting the table {name} at {}", table.location()));
    let deleted = table.delete().await;
    progress.end();
    deleted?;
    print_text(&format!("The table {name} is deleted."))?;
    Ok(ExitCode::SUCCESS)
}

async fn find(location: &TableLocationArgs) -> Result<Table, lift_aws::Error> {
    Ok(Table::new(&config(&location.endpoint).await?, &location.table))
}

async fn config(endpoint: &EndpointArgs) -> Result<AwsConfig, lift_aws::Error> {
    let mut config = AwsConfig::builder();
    if let Some(url) = &endpoint.endpoint_url {
        config = config.endpoint_url(url);
    }
    if let Some(region) = &endpoint.region {
        config = config.region(region);
    }
    config.build().await
}

fn options(args: &CreateArgs) -> CreateOptions {
    let mut options = CreateOptions::new();
    if args.no_streams {
        options = options.without_streams();
    }
    if args.deletion_protection {
        options = options.with_deletion_protection();
    }
    if let Some(units) = args.max_reads {
        options = options.with_max_reads(units);
    }
    if let Some(units) = args.max_writes {
        options = options.with_max_writes(units);
    }
    args.tags.iter().fold(options, |options, (key, value)| options.with_tag(key, value))
}

fn print(result: &(impl Serialize + ToString), json: bool) -> Result<()> {
    if json {
        let text = serde_json::to_string_pretty(result)?;
        return print_text(&escape::json(&text));
    }
    print_text(&result.to_string())
}

fn print_text(text: &str) -> Result<()> {
    writeln!(io::stdout(), "{}", escape::lines(text)).context("cannot write the result to stdout")
}

/// Exits as for wrong arguments if there is no terminal to ask for confirmation.
fn exit_without_terminal() {
    if stdin().is_terminal() && stderr().is_terminal() {
        return;
    }
    let message = "there is no terminal to ask for confirmation: pass --yes to delete the table";
    let wrong = WrongArgs {
        subcommand: &["table", "delete"],
        kind: ErrorKind::MissingRequiredArgument,
        message: message.to_owned(),
    };
    Args::error(wrong).exit()
}

/// Asks the user to type the table's name, and fails for any other answer.
fn confirm(table: &str, place: &str, items: u64) -> Result<()> {
    note(format_args!("This deletes the table {table} at {place}, with about {items} items."));
    write!(stderr(), "Type its name to delete it: ")?;
    stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if answer.trim() != table {
        bail!("the table {table} is not deleted: the name that was typed is another one");
    }
    Ok(())
}
