//! The arguments of `lift table`.

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};

use super::values;

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
    /// Describe a table: status, items, keys, indexes, expiry, stream
    #[command(after_long_help = ENVIRONMENT)]
    Describe {
        #[command(flatten)]
        location: TableLocationArgs,

        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare a table with what an app needs, and print the differences
    ///
    /// Exits with 0 if the table fits, and with 1 if it does not. A table may have more than an app
    /// needs, such as further indexes: this is noted, and the table fits.
    #[command(after_long_help = ENVIRONMENT)]
    Check {
        #[command(flatten)]
        location: TableLocationArgs,

        /// Require the stream as well
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
        location: TableLocationArgs,

        /// Do not ask for confirmation; required without a terminal
        #[arg(long)]
        yes: bool,
    },
}

/// Create a table and wait until it can be used
///
/// The table has on-demand billing, expiry of items, and a stream. If a table of this name exists,
/// it is compared with what an app needs: a table that fits is success as well.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = ENVIRONMENT)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    pub(crate) location: TableLocationArgs,

    /// Create the table without a stream; on AWS a stream costs nothing until it is read
    #[arg(long)]
    pub(crate) no_streams: bool,

    /// Turn on deletion protection: the table cannot be deleted until it is turned off
    #[arg(long)]
    pub(crate) deletion_protection: bool,

    /// The most read request units per second, for the table and for each index
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_reads: Option<u32>,

    /// The most write request units per second, for the table and for each index
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_writes: Option<u32>,

    /// A tag for the table; may be given more than once
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    pub(crate) tags: Vec<(String, String)>,
}

/// A table, and where it is.
#[derive(Debug, Clone, Args)]
pub(crate) struct TableLocationArgs {
    /// The name of the table
    #[arg(long, value_name = "NAME", value_parser = values::table_name)]
    pub(crate) table: String,

    /// The URL of DynamoDB, such as the one that `lift dev` prints [default: AWS]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) endpoint_url: Option<String>,

    /// The AWS region [default: from the environment or the profile]
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  lift table create --table chat-connections --deletion-protection
      Create the table in the region of the environment, or check it if it exists

  lift table check --table chat-connections --endpoint-url http://127.0.0.1:3002
      Check the table of a running `lift dev`

  lift table check --table chat-connections --json > check.json || exit 1
      Stop a deployment if the table does not fit the app

  lift table delete --table chat-connections --region eu-west-1
      Delete the table, after you have typed its name";

const ENVIRONMENT: &str = "\
Environment:
  AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, ...   as for the AWS CLI
  AWS_ENDPOINT_URL_DYNAMODB                         the URL of DynamoDB, unless --endpoint-url is given

A URL on this machine needs neither region nor credentials.";

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("not a tag such as team=chat".to_owned()),
    }
}
