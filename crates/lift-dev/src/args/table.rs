//! The arguments of `lift table`.

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};

/// Create, describe, check or delete an app's table of connections
#[derive(Debug, Clone, Args)]
#[command(arg_required_else_help = true, after_long_help = EXAMPLES)]
pub(crate) struct TableArgs {
    #[command(subcommand)]
    pub(crate) command: TableCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum TableCommand {
    Create(CreateArgs),
    /// Say what a table is: status, items, keys, indexes, expiry, stream
    #[command(after_long_help = ENVIRONMENT)]
    Describe {
        #[command(flatten)]
        location: Location,

        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare a table with what an app needs, and print what differs
    ///
    /// Exits with 0 when the table fits, and with 1 when it does not. A table that somebody made
    /// with other tools may be more than Lift's: that is noted, and fits.
    #[command(after_long_help = ENVIRONMENT)]
    Check {
        #[command(flatten)]
        location: Location,

        /// The stream is needed as well
        #[arg(long)]
        streams: bool,

        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a table and wait until it is gone
    #[command(after_long_help = ENVIRONMENT)]
    Delete {
        #[command(flatten)]
        location: Location,

        /// Do not ask; needed where there is no terminal
        #[arg(long)]
        yes: bool,
    },
}

/// Create a table and wait until it can be used
///
/// Requests are paid one by one, items expire, and a stream tells of changes. A table that exists
/// already is compared with what is needed: if it fits, that is success as well.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = ENVIRONMENT)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    pub(crate) location: Location,

    /// No stream; on AWS it costs nothing until it is read
    #[arg(long)]
    pub(crate) no_streams: bool,

    /// The table cannot be deleted until this is turned off
    #[arg(long)]
    pub(crate) deletion_protection: bool,

    /// At most so many read request units a second, for the table and for each index
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_reads: Option<u32>,

    /// At most so many write request units a second, for the table and for each index
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_writes: Option<u32>,

    /// A tag for the table; may be given more than once
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    pub(crate) tags: Vec<(String, String)>,
}

/// Which table, and where it is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Location {
    /// The name of the table
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) table: String,

    /// Where DynamoDB is, if not at AWS, such as the URL that `lift dev` prints
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) endpoint_url: Option<String>,

    /// The AWS region [default: that of the environment or the profile]
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  lift table create --table chat-connections --deletion-protection
      Create the table in the region of the environment, or see that it is right

  lift table check --table chat-connections --endpoint-url http://127.0.0.1:3002
      Look at the table of a running `lift dev`

  lift table check --table chat-connections --json > check.json || exit 1
      Stop a deployment when the table is not what the app needs

  lift table delete --table chat-connections --region eu-west-1
      Delete it, after you have typed its name";

const ENVIRONMENT: &str = "\
Environment:
  AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, ...   as for AWS's own tools
  AWS_ENDPOINT_URL_DYNAMODB                         the endpoint, unless --endpoint-url is given

An endpoint on this machine needs neither region nor credentials.";

pub(super) fn name(text: &str) -> Result<String, String> {
    // DynamoDB's own rule.
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (3..=255).contains(&text.len()) && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err("a table is named with 3 to 255 letters, digits, `-`, `_` and `.`".to_owned())
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("not a tag such as team=chat".to_owned()),
    }
}
