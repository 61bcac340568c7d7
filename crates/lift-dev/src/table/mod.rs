//! `lift table`: the calls of `lift_aws::Table`, with progress on stderr and the result on stdout.

mod confirm;
mod progress;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use lift_aws::{AwsConfig, Table, table::CreateOptions};
use serde::Serialize;

use crate::{
    args::{CreateArgs, Location, TableArgs, TableCommand},
    table::progress::Progress,
};

/// Runs one command to its end. A table that does not fit is no error, but not success.
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

async fn check(location: &Location, streams: bool, json: bool) -> Result<ExitCode> {
    let table = find(location).await?;
    let check = if streams { table.check_with_streams().await? } else { table.check().await? };
    print(&check, json)?;
    Ok(if check.fits() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn delete(location: &Location, yes: bool) -> Result<ExitCode> {
    if !yes {
        confirm::need_terminal();
    }
    let table = find(location).await?;
    let name = &location.table;
    if !yes {
        confirm::ask(name, table.location(), table.describe().await?.items)?;
    }
    let progress = Progress::start(format!("deleting the table {name} at {}", table.location()));
    let deleted = table.delete().await;
    progress.end();
    deleted?;
    print_text(&format!("The table {name} is deleted."))?;
    Ok(ExitCode::SUCCESS)
}

async fn find(location: &Location) -> Result<Table, lift_aws::Error> {
    let Location { table, endpoint_url, region } = location;
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
    let text = if json { serde_json::to_string_pretty(result)? } else { result.to_string() };
    print_text(&text)
}

fn print_text(text: &str) -> Result<()> {
    writeln!(io::stdout(), "{text}").context("cannot write the result to stdout")
}
