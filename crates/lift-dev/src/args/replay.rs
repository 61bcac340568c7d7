//! What `lift replay` can be told.

use std::path::PathBuf;

use crate::args::AppArgs;

/// Give recorded events to a function again, and compare its replies
///
/// The events of a recording that `lift dev --record` made go to the function one after the other, with
/// a new database. Replies and posts are compared with those of the recording. The exit code is 0 when
/// all is as recorded, 1 when something differs, and 2 when the replay cannot run.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ReplayArgs {
    /// The recording
    pub(crate) recording: PathBuf,

    /// Leave fields of this name out of the comparison, at any depth; may be given again
    #[arg(long, value_name = "FIELD")]
    pub(crate) ignore: Vec<String>,

    /// Say something of each event, not only of those that differ
    #[arg(long, short)]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) app: AppArgs,
}

const EXAMPLES: &str = "\
Examples:
  lift dev examples/chat --record session.jsonl
      Record what happens, until Ctrl-C

  lift replay session.jsonl examples/chat
      The same events again

  lift replay session.jsonl . --ignore token
      The field `token` differs each time

  lift replay session.jsonl --command 'node chat.js' --route '$connect' --route say
      The same events for a function in another language";
