//! `lift table`: creates, describes, checks or deletes a table by `lift_aws::Table`. Progress is on stderr,
//! the result on stdout.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _, stderr, stdin},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use clap::error::ErrorKind;
use indicatif::ProgressBar;
use lift_aws::{AwsConfig, Table, table::CreateOptions};
use serde::Serialize;

use crate::{
    args::{Args, CreateArgs, TableArgs, TableCommand, TableLocationArgs, WrongArgs},
    escape,
    exit::note,
};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);

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
            TableCommand::Check { location, streams, json } => {
                check(&location, streams, json).await
            }
            TableCommand::Delete { location, yes } => delete(&location, yes).await,
        }
    })
}

async fn create(args: CreateArgs) -> Result<ExitCode> {
    let table = find(&args.location).await?;
    let name = &args.location.table;
    let progress = Progress::start(format!("looking for the table {name} at {}", table.location()));
    let created = table.create_with_progress(&options(&args), |step| progress.show(step)).await;
    progress.end();
    let created = created?;
    let how = if created.new { "is created" } else { "exists and fits" };
    let mut text = format!("The table {name} {how}.");
    for note in created.notes {
        text += &format!("\n  note: {note}");
    }
    print_text(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn check(location: &TableLocationArgs, streams: bool, json: bool) -> Result<ExitCode> {
    let table = find(location).await?;
    let check = if streams { table.check_with_streams().await? } else { table.check().await? };
    print(&check, json)?;
    Ok(if check.fits() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    let TableLocationArgs { table, endpoint_url, region } = location;
    let mut config = AwsConfig::builder();
    if let Some(url) = endpoint_url {
        config = config.endpoint_url(url);
    }
    if let Some(region) = region {
        config = config.region(region);
    }
    Ok(Table::new(&config.build().await?, table))
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

/// The current step, on stderr: a spinner on a terminal, lines elsewhere.
#[derive(Debug)]
struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows the first step.
    fn start(step: String) -> Self {
        let spinner = stderr().is_terminal().then(ProgressBar::new_spinner);
        if let Some(spinner) = &spinner {
            spinner.enable_steady_tick(TICK);
        }
        let progress = Self(spinner);
        progress.show(step);
        progress
    }

    /// Shows the next step.
    fn show(&self, step: impl Display) {
        match &self.0 {
            Some(spinner) => spinner.set_message(escape::line(&format!("{step} ...")).into_owned()),
            None => note(format_args!("{step} ...")),
        }
    }

    /// Removes the spinner, so that its line is free for the result or the error.
    fn end(self) {
        if let Some(spinner) = self.0 {
            spinner.finish_and_clear();
        }
    }
}
