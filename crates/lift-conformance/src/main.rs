//! The command: looks at gateways case by case, and prints what they do. Started by Lambda, it is the
//! probe behind such a gateway.

mod args;

use std::{env, fs, process::ExitCode};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Parser;
use lift_conformance::{
    Case, Known, Run, Target, cases,
    local::{self, Local, Place},
    probe, report, run,
};

use crate::args::{Args, Format};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // With two TLS libraries' providers in a program, rustls wants to be told.
    let _ = rustls::crypto::ring::default_provider().install_default();
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        probe::serve().await.map_err(|error| anyhow!(error))?;
        return Ok(ExitCode::SUCCESS);
    }
    let args = Args::parse();
    let all = cases::all();
    let chosen: Vec<Case> = all
        .iter()
        .filter(|case| args.only.as_ref().is_none_or(|part| case.id.contains(part)))
        .cloned()
        .collect();
    if chosen.is_empty() {
        bail!("no case is named like that; `--list` shows them");
    }
    if args.list {
        print(&report::list(&chosen));
        return Ok(ExitCode::SUCCESS);
    }
    let lists = known(&args, &all)?;
    // Whatever is wrong with the arguments is said before anything runs.
    let targets: Vec<_> =
        args.names().iter().map(|name| args.remote(name)).collect::<Result<_>>()?;
    let mut runs = Vec::new();
    for target in targets {
        runs.push(look_at(target, &chosen, args.jobs).await?);
    }
    print(&match args.format {
        Format::Text => report::text(&runs),
        Format::Json => report::json(&runs),
        Format::Markdown => report::markdown(&runs, |name| list_of(&lists, name)),
    });
    let surprises: Vec<_> =
        runs.iter().flat_map(|run| list_of(&lists, &run.target).surprises(run)).collect();
    for line in &surprises {
        eprintln!("{line}");
    }
    Ok(if surprises.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the cases against one target; none is Lift's gateway, which is started for it.
async fn look_at(target: Option<Target>, cases: &[Case], jobs: usize) -> Result<Run> {
    if let Some(target) = target {
        return run(&target, cases, jobs).await;
    }
    let program = env::current_exe().context("where is this program?")?;
    let place = Place::Processes(program);
    let local = Local::start(&place, local::waits(), |_, _| ()).await?;
    run(&local.target, cases, jobs).await
}

fn known(args: &Args, cases: &[Case]) -> Result<Vec<(String, Known)>> {
    let read = |(name, path): &(String, std::path::PathBuf)| {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok((name.clone(), Known::read(&text, cases)?))
    };
    args.known.iter().map(read).collect()
}

fn list_of(lists: &[(String, Known)], target: &str) -> Known {
    let found = lists.iter().find(|(name, _)| name == target);
    found.map(|(_, known)| known.clone()).unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "what the command is for")]
fn print(text: &str) {
    println!("{}", text.trim_end());
}
