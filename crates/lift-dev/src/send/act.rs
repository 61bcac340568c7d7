//! What is done to each connection: the message, read and checked before anything is sent, or its end.

use std::io::{Read as _, stdin};

use anyhow::{Context as _, Result, bail};
use lift_event::limits::MESSAGE_BYTES;
use lift_ws::{PublishError, Report, publish::Audience};

use crate::args::OperationArgs;

#[derive(Debug)]
pub(super) enum Act {
    Post(String),
    Close,
    /// The connections are only looked at.
    Look,
}

impl Act {
    /// Reads stdin if the message is there.
    pub(super) fn read(what: &OperationArgs) -> Result<Self> {
        let message = match what.message.as_deref() {
            None => return Ok(if what.close { Self::Close } else { Self::Look }),
            Some("-") => of_stdin()?,
            Some(message) => message.to_owned(),
        };
        match message.len() {
            0 => bail!("the message is empty"),
            1..=MESSAGE_BYTES => Ok(Self::Post(message)),
            long => bail!(
                "the message has {long} bytes, and {MESSAGE_BYTES} (128 KB) is API Gateway's limit: send \
                 it in parts, or a URL where it is"
            ),
        }
    }

    pub(super) async fn run(&self, on: Audience) -> Result<Report, PublishError> {
        match self {
            Self::Post(message) => on.text(message).await,
            Self::Close => on.close().await,
            Self::Look => Ok(Report::default()),
        }
    }
}

fn of_stdin() -> Result<String> {
    // One more than fits, so that a stream without an end is no trouble.
    let (mut message, most) = (Vec::new(), MESSAGE_BYTES as u64 + 3);
    stdin().lock().take(most).read_to_end(&mut message).context("cannot read stdin")?;
    if message.len() as u64 == most {
        bail!(
            "the message on stdin has more than {MESSAGE_BYTES} bytes (128 KB), API Gateway's limit"
        );
    }
    let mut message = String::from_utf8(message)
        .ok()
        .context("the message on stdin is not UTF-8 text, which is all that clients are sent")?;
    if message.ends_with('\n') {
        message.pop();
        if message.ends_with('\r') {
            message.pop();
        }
    }
    Ok(message)
}
