//! The arguments of `lift table`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, builder::NonEmptyStringValueParser};

use super::values;

/// Create, describe, check or delete the tables of an app
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
        which: WhichTables,

        /// Require the stream of connections as well
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

/// Create tables and wait until they can be used
///
/// A table of connections has on-demand billing, expiry of items, and a stream. If a table of this name
/// exists, it is compared with what an app needs: a table that fits is success as well.
///
/// With --all, the tables of an app: that of its connections, and those that it declares. An existing
/// table gets the indexes, the stream and the expiry that it lacks. Nothing is deleted.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = ENVIRONMENT)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    pub(crate) which: WhichTables,

    /// Create the table of connections without a stream; on AWS a stream costs nothing until it is read
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

/// One table of connections or all tables of an app, and where they are.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("which").args(["table", "all"]).required(true)))]
pub(crate) struct WhichTables {
    /// The name of a table of connections
    #[arg(long, value_name = "NAME", value_parser = values::table_name)]
    pub(crate) table: Option<String>,

    #[command(flatten)]
    pub(crate) all: AllTablesArgs,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

/// An app whose description names the tables.
#[derive(Debug, Clone, Args)]
pub(crate) struct AllTablesArgs {
    /// All tables of the app in PATH; the app's variables name them, as far as they are set
    #[arg(long)]
    pub(crate) all: bool,

    /// With --all: the folder of the app, a cargo package [default: .]
    #[arg(value_name = "PATH", conflicts_with = "table")]
    pub(crate) path: Option<PathBuf>,

    /// With --all: the start of the names that no variable sets, as in NAME-connections [default: the
    /// package's name]
    #[arg(long, value_name = "NAME", value_parser = values::table_name, conflicts_with = "table")]
    pub(crate) prefix: Option<String>,
}

/// A table of connections, and where it is.
#[derive(Debug, Clone, Args)]
pub(crate) struct TableLocationArgs {
    /// The name of the table
    #[arg(long, value_name = "NAME", value_parser = values::table_name)]
    pub(crate) table: String,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

/// Where tables are.
#[derive(Debug, Clone, Args)]
pub(crate) struct EndpointArgs {
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

  lift table create --all examples/auction --prefix auction-test
      Create auction-test-connections, auction-test-prices and so on, or add what they lack

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
