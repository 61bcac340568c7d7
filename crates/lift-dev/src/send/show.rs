//! The connections that are meant, on stdout, and nothing sent: their list, or their number.

use std::{
    io::{self, BufWriter, ErrorKind, Write},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use lift_ws::store::Member;
use serde_json::json;

use super::{failure, target::Target, who::Who};

/// One line for each: id, user or `-`, and endpoint, between tabs; or an object of JSON.
pub(super) async fn list(target: &Target, who: &Who, json: bool) -> Result<ExitCode> {
    let mut members = who.audience(&target.publisher).members();
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut nobody = true;
    while let Some(member) = members.next().await {
        let member = match member {
            Ok(member) => member,
            Err(error) => return Err(failure::of_send(target, &error).await),
        };
        nobody = false;
        match line(&mut stdout, &member, json) {
            // Who reads has seen enough, such as `head`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written.context("cannot write the list to stdout")?,
        }
    }
    stdout.flush().context("cannot write the list to stdout")?;
    if nobody {
        note_nobody(who);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn count(target: &Target, who: &Who, json: bool) -> Result<ExitCode> {
    let connections = match who.audience(&target.publisher).count().await {
        Ok(connections) => connections,
        Err(error) => return Err(failure::of_send(target, &error).await),
    };
    let text = match json {
        true => json!({"connections": connections}).to_string(),
        false => connections.to_string(),
    };
    writeln!(io::stdout(), "{text}").context("cannot write the result to stdout")?;
    Ok(ExitCode::SUCCESS)
}

/// Says that it worked, and that there was nothing to do.
pub(super) fn note_nobody(who: &Who) {
    eprintln!("note: nobody is connected: {who}");
}

fn line(stdout: &mut impl Write, member: &Member, json: bool) -> io::Result<()> {
    if json {
        return writeln!(stdout, "{}", json!(member));
    }
    let user = member.user.as_ref().map_or("-", |user| user.as_str());
    writeln!(stdout, "{}\t{user}\t{}", member.id, member.endpoint)
}
