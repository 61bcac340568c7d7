//! The arguments of `lift invoke`: the function, its event, and the running app.

use std::path::PathBuf;

use clap::ArgGroup;

use super::values;

/// Invoke a function that `lift dev` runs, with any event
///
/// Prints the function's result as JSON on stdout. If the function fails, its error is on stderr. The invocation has
/// the function's own time limit, and the terminal of `lift dev` shows it with what the function wrote.
#[derive(Debug, Clone, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_long_help = EXAMPLES,
    group(ArgGroup::new("what").required(true)),
)]
pub(crate) struct InvokeArgs {
    /// The function: its name, or its logical ID in a template [default: the only one, or that of the schedule]
    pub(crate) function: Option<String>,

    /// The event, as JSON in this file; `-` reads it from stdin
    #[arg(long, value_name = "FILE", group = "what")]
    pub(crate) event: Option<PathBuf>,

    /// The event of a schedule, with its input if it has one [default: the only schedule, or a rule that the app
    /// does not have]
    #[arg(long, value_name = "NAME", num_args = 0..=1, group = "what")]
    pub(crate) schedule: Option<Option<String>>,

    /// The event of a queue with a message of this body; give it again for a batch of several messages
    #[arg(long, value_name = "BODY", group = "what", allow_hyphen_values = true)]
    pub(crate) sqs: Vec<String>,

    /// The name of the queue in the event of --sqs
    #[arg(
        long,
        value_name = "NAME",
        requires = "sqs",
        default_value = lift_invoke::sqs::DEFAULT_QUEUE,
        value_parser = values::queue_name
    )]
    pub(crate) queue: String,

    /// The port of the gateway of `lift dev`, to choose one of several
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// The data folder of `lift dev`, to choose one of several
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  lift invoke --schedule close-auctions
      Fire the schedule `close-auctions` now

  lift invoke worker --sqs '{\"job\":1}' --sqs '{\"job\":2}'
      Invoke the function `worker` with a batch of two messages

  lift invoke worker --event event.json | jq .
      Invoke it with the event in a file

Exit codes:
  0  the function returned a result
  1  the function failed, its result means an error or names failed messages, or no `lift dev` is found
  2  the arguments are wrong, or the app has no such function or schedule";
