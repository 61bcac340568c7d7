//! The command `lift-conformance`: runs the cases against gateways and prints the results. If Lambda starts
//! it, it is the probe.

mod args;

use std::{env, fs, process::ExitCode};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Parser;
use lift_conformance::{
    Case, KnownFailures, Run, Target, cases,
    local::{self, Local, ProbeLocation},
    probe, report, run,
};

use crate::args::{Args, Format};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    // The program links two crypto providers of rustls, so one has to be selected.
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
        bail!("no case matches; `--list` shows all");
    }
    if args.list {
        print(&report::list(&chosen));
        return Ok(ExitCode::SUCCESS);
    }
    let lists = known(&args, &all)?;
    // Reports invalid arguments before anything runs.
    let targets: Vec<_> =
        args.names().iter().map(|name| args.remote(name)).collect::<Result<_>>()?;
    let mut runs = Vec::new();
    for target in targets {
        runs.push(observe_target(target, &chosen, args.jobs).await?);
    }
    print(&match args.format {
        Format::Text => report::text(&runs),
        Format::Json => report::json(&runs),
        Format::Markdown => report::markdown(&runs, |name| list_of(&lists, name)),
    });
    let unexpected_results: Vec<_> =
        runs.iter().flat_map(|run| list_of(&lists, &run.target).unexpected_results(run)).collect();
    for line in &unexpected_results {
        eprintln!("{line}");
    }
    Ok(if unexpected_results.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the cases against a target; for `None` it starts Lift's gateway.
async fn observe_target(target: Option<Target>, cases: &[Case], jobs: usize) -> Result<Run> {
    if let Some(target) = target {
        return run(&target, cases, jobs).await;
    }
    let program = env::current_exe().context("where is this program?")?;
    let place = ProbeLocation::ChildProcesses(program);
    let local = Local::start(&place, local::timing(), |_, _| ()).await?;
    run(&local.target, cases, jobs).await
}

fn known(args: &Args, cases: &[Case]) -> Result<Vec<(String, KnownFailures)>> {
    let read = |(name, path): &(String, std::path::PathBuf)| {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok((name.clone(), KnownFailures::read(&text, cases)?))
    };
    args.known.iter().map(read).collect()
}

fn list_of(lists: &[(String, KnownFailures)], target: &str) -> KnownFailures {
    let found = lists.iter().find(|(name, _)| name == target);
    found.map(|(_, known)| known.clone()).unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "what the command is for")]
fn print(text: &str) {
    println!("{}", text.trim_end());
}
