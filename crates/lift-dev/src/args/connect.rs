//! The arguments of `lift connect`.

use std::{
    io::{IsTerminal as _, stdout},
    time::Duration,
};

use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, Uri};

use super::steps::Steps;

/// Connect to a WebSocket API from the terminal or a script
///
/// At a terminal, each line is sent as a message, with history and editing; `/help` lists the
/// commands. The lines of a pipe are sent one by one. With --send and --expect, these steps run in the
/// order given, and the exit code says whether all succeeded.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ConnectArgs {
    /// The URL, with its query string [default: the app that `lift dev` runs in this folder or in the
    /// nearest folder above it, or the only one]
    #[arg(value_parser = url)]
    pub(crate) url: Option<Uri>,

    #[command(flatten)]
    pub(crate) steps: Steps,

    /// A header of the handshake; may be given more than once
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,

    /// A subprotocol to offer; may be given more than once
    #[arg(long = "subprotocol", short = 's', value_name = "NAME")]
    pub(crate) subprotocols: Vec<String>,

    /// The timeout of the handshake and of each --expect, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// How long to keep receiving after the last line or step, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = seconds)]
    pub(crate) wait: Duration,
}

impl ConnectArgs {
    /// Whether the output has colors: at a terminal, unless `NO_COLOR` is set.
    pub(crate) fn color(&self) -> bool {
        stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }
}

const EXAMPLES: &str = "\
Examples:
  lift connect 'ws://127.0.0.1:3001/local?name=ana&room=general'
      Talk to the app that `lift dev` runs

  lift connect wss://k3v9example.execute-api.eu-west-1.amazonaws.com/prod -H 'Authorization: token'
      Talk to an API on AWS

  lift connect 'ws://127.0.0.1:3001/local?name=ana&room=general' \\
      --send '{\"action\":\"say\",\"text\":\"hi\"}' --expect '{\"type\":\"message\",\"text\":\"hi\"}'
      Check an answer: JSON must have at least these fields; other text must be contained

  echo '{\"action\":\"who\"}' | lift connect 'ws://127.0.0.1:3001/local?name=ana&room=general'
      Send the lines of a pipe; messages go to stdout, everything else to stderr

Exit codes:
  0  the connection was closed, and every expected message came
  1  the handshake was refused, the connection was lost, or an expected message did not come
  2  the arguments are wrong";

fn url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("not a URL: {error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("ws" | "wss"), Some(_)) => Ok(uri),
        (Some(scheme @ ("http" | "https")), _) => {
            Err(format!("a WebSocket URL starts with ws:// or wss://, this one with {scheme}://"))
        }
        _ => Err("a WebSocket URL looks like ws://127.0.0.1:3001/local".to_owned()),
    }
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header looks like `Name: value`")?;
    let name = name.trim().parse().map_err(|_| format!("{name:?} is not a valid header name"))?;
    let value =
        value.trim().parse().map_err(|_| format!("{value:?} is not a valid header value"))?;
    Ok((name, value))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|seconds| *seconds <= Duration::from_secs(86_400));
    seconds.ok_or_else(|| "write a number of seconds, such as 5 or 0.5, up to one day".to_owned())
}
