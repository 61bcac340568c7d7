//! `lift send`: sends a message to connections, or closes, lists or counts them.
//!
//! ```text
//! args -> Operation, Location, Target -> list, count                                -> stdout
//!                                   '-> parts -> sender, with progress -> SendOutcome -> stdout
//!                                                   '-> remaining parts, in a file
//! ```

mod failure;
mod location;
mod operation;
mod outcome;
mod remaining;
mod sender;
mod target;

use std::{
    io::{self, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use lift_ws::store::Member;
use serde_json::json;

use self::{
    location::Location, operation::Operation, remaining::Remaining, sender::Sender, target::Target,
};
use crate::{args::SendArgs, escape, exit::Interrupted, stop::Stop};

/// Runs the operation that `args` name. If a connection failed, the exit code is 1, without an error.
pub(crate) fn run(args: SendArgs) -> Result<ExitCode> {
    // Checks the message before any request is made.
    let operation = Operation::read(&args.operation)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the async runtime")?;
    runtime.block_on(async {
        let location = Location::find(&args.location, !args.target.connections.is_empty()).await?;
        let target = Target::new(&args.target);
        match operation {
            Operation::List => list(&location, &target, args.json).await,
            Operation::Count => count(&location, &target, args.json).await,
            operation => send(&location, &target, &operation, &args).await,
        }
    })
}

async fn send(
    location: &Location,
    target: &Target,
    operation: &Operation,
    args: &SendArgs,
) -> Result<ExitCode> {
    let stop = Stop::listen()?;
    let file = args.resume.as_deref();
    let saved = match file {
        Some(file) => Remaining::read(file, location, target)?,
        None => None,
    };
    let sent = async {
        let remaining = match saved {
            Some(remaining) => remaining,
            None => Remaining::all(location, target).await?,
        };
        let concurrency = args.concurrency.into();
        let sender = Sender { location, operation, concurrency, stop: &stop, file };
        anyhow::Ok(sender.send(remaining).await)
    };
    let outcome = tokio::select! {
        sent = sent => sent?,
        () = stop.immediate.cancelled() => return Err(Interrupted.into()),
    };
    outcome.print(operation.past_tense(), args.json)?;
    outcome.remaining.save(file)?;
    outcome.explain(location, target, file).await;
    Ok(if outcome.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints a line for each connection: id, user or `-`, and endpoint, separated by tabs; or an object of
/// JSON.
async fn list(location: &Location, target: &Target, json: bool) -> Result<ExitCode> {
    let mut members = target.audience(&location.publisher).members();
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut is_empty = true;
    while let Some(member) = members.next().await {
        let member = match member {
            Ok(member) => member,
            Err(error) => return Err(failure::of_send(location, &error).await),
        };
        is_empty = false;
        match write_member(&mut stdout, &member, json) {
            // The reader, such as `head`, has closed the pipe.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written.context("cannot write the list to stdout")?,
        }
    }
    stdout.flush().context("cannot write the list to stdout")?;
    if is_empty {
        target.note_empty();
    }
    Ok(ExitCode::SUCCESS)
}

fn write_member(stdout: &mut impl Write, member: &Member, json: bool) -> io::Result<()> {
    if json {
        return writeln!(stdout, "{}", escape::json(&json!(member).to_string()));
    }
    let user = member.user.as_ref().map_or("-", |user| user.as_str());
    let fields = [member.id.as_str(), user, member.endpoint.as_str()].map(escape::field);
    writeln!(stdout, "{}", fields.join("\t"))
}

/// Prints the number of connections.
async fn count(location: &Location, target: &Target, json: bool) -> Result<ExitCode> {
    let connections = match target.audience(&location.publisher).count().await {
        Ok(connections) => connections,
        Err(error) => return Err(failure::of_send(location, &error).await),
    };
    let text = if json {
        json!({"connections": connections}).to_string()
    } else {
        connections.to_string()
    };
    writeln!(io::stdout(), "{text}").context("cannot write the result to stdout")?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_one_row_of_three_fields_whatever_its_user_is_called() {
        let user = "ana\r\nFAKE\tbob\u{9b}2J\x1b]0;x\x07\u{2028}\u{202e}";
        let member =
            Member::new("id=".into(), Some(user.into()), "https://api.example/prod".into());
        let mut stdout = Vec::new();
        write_member(&mut stdout, &member, false).expect("written");
        let shown = r"ana\r\nFAKE\tbob\u{9b}2J\e]0;x\u{7}\u{2028}\u{202e}";
        let row = format!("id=\t{shown}\thttps://api.example/prod\n");
        assert_eq!(String::from_utf8(stdout).expect("UTF-8"), row);
        let mut stdout = Vec::new();
        write_member(&mut stdout, &member, true).expect("written");
        assert!(stdout.is_ascii() && stdout.iter().filter(|byte| **byte < b' ').count() == 1);
        let json: serde_json::Value = serde_json::from_slice(&stdout).expect("JSON");
        assert_eq!(json["user"], user);
    }
}
