//! The arguments of `lift replay`.

use std::path::PathBuf;

use super::dev::AppArgs;

/// Replay recorded events to a function, and compare its replies
///
/// The function gets the events of a recording by `lift dev --record`, one after the other, with a new
/// database. Its replies and posts are compared with the recorded ones. The exit code is 0 if all are
/// as recorded, 1 if some differ, and 2 if the replay cannot run.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ReplayArgs {
    /// The file with the recording
    pub(crate) recording: PathBuf,

    /// Leave fields of this name out of the comparison, at any depth; may be given more than once
    #[arg(long, value_name = "FIELD")]
    pub(crate) ignore: Vec<String>,

    /// Print a line for each event, not only for those that differ
    #[arg(long, short)]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) app: AppArgs,
}

const EXAMPLES: &str = "\
Examples:
  lift dev examples/chat --record session.jsonl
      Record until Ctrl-C

  lift replay session.jsonl examples/chat
      Replay the same events

  lift replay session.jsonl . --ignore token
      Ignore the field `token`, which is always different

  lift replay session.jsonl --command 'node chat.js' --route '$connect' --route say
      Replay them to a function in another language";
