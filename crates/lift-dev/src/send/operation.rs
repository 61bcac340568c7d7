//! The operation on each connection: post a message, close, list or count. A message is read and checked
//! before anything is sent.

use std::io::{Read as _, stdin};

use anyhow::{Context as _, Result, bail};
use lift_event::limits::MESSAGE_BYTES;
use lift_ws::{PublishError, Report, publish::Audience};

use crate::args::OperationArgs;

#[derive(Debug)]
pub(super) enum Operation {
    Post(String),
    Close,
    List,
    Count,
}

impl Operation {
    /// The operation that `args` name. Reads stdin if the message is there.
    pub(super) fn read(args: &OperationArgs) -> Result<Self> {
        let message = match args.message.as_deref() {
            None if args.close => return Ok(Self::Close),
            None if args.list => return Ok(Self::List),
            None => return Ok(Self::Count),
            Some("-") => read_stdin()?,
            Some(message) => message.to_owned(),
        };
        match message.len() {
            0 => bail!("the message is empty"),
            1..=MESSAGE_BYTES => Ok(Self::Post(message)),
            long => bail!(
                "the message has {long} bytes, and {MESSAGE_BYTES} (128 KB) is API Gateway's limit: send \
                 it in parts, or send a URL of it"
            ),
        }
    }

    pub(super) async fn run(&self, audience: Audience) -> Result<Report, PublishError> {
        match self {
            Self::Post(message) => audience.text(message).await,
            Self::Close => audience.close().await,
            Self::List | Self::Count => Ok(Report::default()),
        }
    }

    /// The result for a connection, as the first word of the counts.
    pub(super) fn past_tense(&self) -> &'static str {
        if matches!(self, Self::Close) { "closed" } else { "sent" }
    }
}

fn read_stdin() -> Result<String> {
    // Room for a final line break, and for one byte more, which shows that the message is too long.
    let (mut message, most) = (Vec::new(), MESSAGE_BYTES as u64 + 3);
    stdin().lock().take(most).read_to_end(&mut message).context("cannot read stdin")?;
    if message.len() as u64 == most {
        bail!(
            "the message on stdin has more than {MESSAGE_BYTES} bytes (128 KB), API Gateway's limit"
        );
    }
    let mut message = String::from_utf8(message)
        .ok()
        .context("the message on stdin is not UTF-8 text, and API Gateway sends only text")?;
    if message.ends_with('\n') {
        message.pop();
        if message.ends_with('\r') {
            message.pop();
        }
    }
    Ok(message)
}
