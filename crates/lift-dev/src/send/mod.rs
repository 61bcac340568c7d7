//! `lift send`: a message to connections from the shell, or their end, their list, their number.
//!
//! ```text
//! args -> message, Target, Who -> list, count                            -> stdout
//!                            '-> tasks -> pieces, with progress -> Outcome -> stdout, Rest
//! ```

mod act;
mod failure;
mod outcome;
mod pieces;
mod progress;
mod rest;
mod show;
mod target;
mod who;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::{
    args::SendArgs,
    exit::Interrupted,
    send::{act::Act, outcome::Outcome, pieces::Pieces, rest::Rest, target::Target, who::Who},
    stop::Stop,
};

/// Does what `args` say, to its end. A connection that failed is no error, but not success.
pub(crate) fn run(args: SendArgs) -> Result<ExitCode> {
    // Before anything is asked of the network.
    let act = Act::read(&args.operation)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the async runtime")?;
    runtime.block_on(async {
        let target = Target::find(&args.location, !args.target.connections.is_empty()).await?;
        let who = Who::new(&args.target);
        match act {
            _ if args.operation.list => show::list(&target, &who, args.json).await,
            _ if args.operation.count => show::count(&target, &who, args.json).await,
            act => send(&target, &who, &act, &args).await,
        }
    })
}

async fn send(target: &Target, who: &Who, act: &Act, args: &SendArgs) -> Result<ExitCode> {
    let stop = Stop::listen()?;
    let file = args.resume.as_deref();
    let kept = match file {
        Some(file) => Rest::read(file, target, who)?,
        None => None,
    };
    let sent = async {
        let start = match kept {
            Some(rest) => rest,
            None => Rest::everyone(target, who).await?,
        };
        let concurrency = args.concurrency.into();
        let pieces = Pieces { target, act, concurrency, stop: &stop, file };
        anyhow::Ok(pieces.send(start).await)
    };
    let outcome: Outcome = tokio::select! {
        sent = sent => sent?,
        () = stop.at_once.cancelled() => return Err(Interrupted.into()),
    };
    outcome.print(act, args.json)?;
    outcome.rest.keep(file)?;
    outcome.explain(target, who, file).await;
    Ok(if outcome.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
