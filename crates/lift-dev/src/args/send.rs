//! The arguments of `lift send`: the operation, the target, and where its connections are.

use std::path::PathBuf;

use clap::{ArgGroup, Args, builder::NonEmptyStringValueParser, error::ErrorKind};

use super::{check::WrongArgs, values};

/// Send a message to connections, or close, list or count them
///
/// The result is one line on stdout; everything else is on stderr. Ctrl-C stops after the current
/// part of the send and prints the counts so far; a second Ctrl-C stops at once.
#[derive(Debug, Clone, Args)]
#[command(
    arg_required_else_help = true,
    after_long_help = EXAMPLES,
    group(ArgGroup::new("target").required(true).multiple(true)),
    group(ArgGroup::new("operation").required(true)),
    group(ArgGroup::new("api_of_stage").multiple(true)),
)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    pub(crate) operation: OperationArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) location: LocationArgs,

    /// The most posts in flight at a time, 1 to 256
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,

    /// Save the rest of a stopped send in FILE; the same command continues with it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "count"])]
    pub(crate) resume: Option<PathBuf>,

    /// Print the result as JSON, with the ids of the connections that failed
    #[arg(long)]
    pub(crate) json: bool,
}

/// The operation: one of these.
#[derive(Debug, Clone, Args)]
pub(crate) struct OperationArgs {
    /// The message, at most 128 KB of text; `-` reads it from stdin, without a final line break
    #[arg(group = "operation")]
    pub(crate) message: Option<String>,

    /// Close the connections; clients receive the close code 1000
    #[arg(long, group = "operation")]
    pub(crate) close: bool,

    /// Print the id, user and endpoint of each connection, and send nothing
    #[arg(long, group = "operation")]
    pub(crate) list: bool,

    /// Print the number of connections, and send nothing
    #[arg(long, group = "operation")]
    pub(crate) count: bool,
}

/// The target: connections by id, or a user, a tenant or a group.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetArgs {
    // An id of API Gateway can start with a hyphen.
    /// A connection; may be given more than once
    #[arg(long = "connection", allow_hyphen_values = true, value_name = "ID", group = "target", conflicts_with_all = ["user", "tenant", "group"], value_parser = NonEmptyStringValueParser::new())]
    pub(crate) connections: Vec<String>,

    /// All connections of a user of --tenant, or of a user without a tenant
    #[arg(long, value_name = "USER", group = "target", conflicts_with = "group", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: Option<String>,

    /// All connections of a tenant; with --user or --group, only those of that user or group
    #[arg(long, value_name = "TENANT", group = "target", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) tenant: Option<String>,

    /// All connections in a group of --tenant, or in a group without a tenant
    #[arg(long, value_name = "GROUP", group = "target", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) group: Option<String>,

    /// Leave out this connection; may be given more than once
    #[arg(
        long,
        alias = "all-but",
        allow_hyphen_values = true,
        value_name = "ID",
        value_parser = NonEmptyStringValueParser::new(),
    )]
    pub(crate) except: Vec<String>,
}

/// The table that has the connections, and the endpoint to post to.
#[derive(Debug, Clone, Args)]
pub(crate) struct LocationArgs {
    /// The app that `lift dev` runs on this machine, with its gateway on PORT [default: the app of this
    /// folder or of the nearest folder above it, or the only one]
    #[arg(
        long, value_name = "PORT", num_args = 0..=1, require_equals = true,
        group = "api_of_stage", value_parser = clap::value_parser!(u16).range(1..),
        conflicts_with_all = ["endpoint", "api", "endpoint_url"]
    )]
    pub(crate) local: Option<Option<u16>>,

    /// The name of the table of connections
    #[arg(long, value_name = "NAME", value_parser = values::table_name, required_unless_present_any = ["local", "connections"])]
    pub(crate) table: Option<String>,

    /// The management URL, with the stage, for all connections [default: the endpoint in the table]
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) endpoint: Option<String>,

    /// The id of the API, for connections that are in no table
    #[arg(long, value_name = "ID", requires = "stage", conflicts_with = "endpoint", group = "api_of_stage", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) api: Option<String>,

    /// The stage of --api, or of --local [default there: the app's]
    #[arg(long, value_name = "NAME", requires = "api_of_stage", value_parser = values::stage)]
    pub(crate) stage: Option<String>,

    /// A custom domain in the table that may receive signed calls; may be given more than once
    #[arg(long, value_name = "HOST", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) allow: Vec<String>,

    /// The URL of DynamoDB, such as the one that `lift dev` prints [default: AWS]
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) endpoint_url: Option<String>,

    /// The AWS region [default: from the environment or the profile]
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
}

impl SendArgs {
    /// Fails unless something names where the connections are.
    pub(super) fn check(&self) -> Result<(), WrongArgs> {
        let LocationArgs { local, table, endpoint, api, .. } = &self.location;
        let posts = !self.operation.list && !self.operation.count;
        let known = endpoint.is_some() || api.is_some() || local.is_some();
        if table.is_some() || local.is_some() || (known && posts) {
            return Ok(());
        }
        let message = "nothing says where the connections are: pass --table NAME; or, to send to \
                       --connection or close it, --endpoint URL, or --api ID and --stage NAME"
            .to_owned();
        let kind = ErrorKind::MissingRequiredArgument;
        Err(WrongArgs { subcommand: &["send"], kind, message })
    }
}

const EXAMPLES: &str = "\
Examples:
  lift send --local --tenant general '{\"type\":\"note\",\"text\":\"hi\"}'
      Send to the tenant `general` of the app that `lift dev` runs

  lift send --table chat-connections --endpoint-url http://127.0.0.1:3002 \\
      --endpoint http://127.0.0.1:3001/local --tenant general '{\"type\":\"note\",\"text\":\"hi\"}'
      The same, with the URLs that `lift dev` prints

  lift send --table chat-connections --tenant lotus --user ana --list
      List the connections before you send to them

  lift send --table chat-connections --tenant lotus --resume news.json - < news.txt
      Send a file to many connections; after Ctrl-C the same command continues

  lift send --api k3v9example --stage prod --connection R1kmxc2VNjMCFIA= 'hi'
      Send to a connection of an app without a table

Environment:
  AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, ...   as for the AWS CLI
  AWS_ENDPOINT_URL_DYNAMODB                         DynamoDB, unless --endpoint-url is given
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI          the management URL, instead of --endpoint

A `lift dev` with a token needs AWS_ACCESS_KEY_ID=local and AWS_SECRET_ACCESS_KEY=TOKEN.

Exit codes:
  0  nothing failed; possibly no connection matched
  1  some connections were throttled, failed or skipped, or the send could not start
  2  the arguments are wrong";

fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        _ if text.starts_with("ws") => {
            Err("this is the URL for clients; the management URL starts with https://".to_owned())
        }
        _ => Err("not a URL such as https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod"
            .to_owned()),
    }
}
