//! The arguments of `lift send`: to whom, what, and where.

use std::path::PathBuf;

use clap::{
    ArgGroup, Args, CommandFactory as _, builder::NonEmptyStringValueParser, error::ErrorKind,
};

/// Send to connections from the shell, or close, list or count them
///
/// What came of it is one line on stdout; everything else is on stderr. Ctrl-C stops in order, with
/// the counts so far; pressed again, at once.
#[derive(Debug, Clone, Args)]
#[command(
    arg_required_else_help = true,
    after_long_help = EXAMPLES,
    group(ArgGroup::new("who").required(true).multiple(true)),
    group(ArgGroup::new("what").required(true)),
    group(ArgGroup::new("of_stage").multiple(true)),
)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    pub(crate) what: WhatArgs,

    #[command(flatten)]
    pub(crate) who: WhoArgs,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// At most so many posts under way at once, 1 to 256
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,

    /// Keep in FILE what is left when the send stops; the same command again goes on with it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "count"])]
    pub(crate) resume: Option<PathBuf>,

    /// Print the result as JSON, with the ids that failed
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do: one of these.
#[derive(Debug, Clone, Args)]
pub(crate) struct WhatArgs {
    /// The message, at most 128 KB of text; `-` reads stdin, without the line break at its end
    #[arg(group = "what")]
    pub(crate) message: Option<String>,

    /// Close the connections instead: clients see the code 1000
    #[arg(long, group = "what")]
    pub(crate) close: bool,

    /// Print id, user and endpoint of the connections that are meant, and send nothing
    #[arg(long, group = "what")]
    pub(crate) list: bool,

    /// Print how many connections are meant, and send nothing
    #[arg(long, group = "what")]
    pub(crate) count: bool,
}

/// Who is meant: connections by id, or a user, a tenant or a group.
#[derive(Debug, Clone, Args)]
pub(crate) struct WhoArgs {
    // API Gateway's ids may start with a hyphen.
    /// A connection; may be given more than once
    #[arg(long = "connection", allow_hyphen_values = true, value_name = "ID", group = "who", conflicts_with_all = ["user", "tenant", "group"], value_parser = NonEmptyStringValueParser::new())]
    pub(crate) connections: Vec<String>,

    /// All connections of a user: of --tenant, or without a tenant
    #[arg(long, value_name = "USER", group = "who", conflicts_with = "group", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: Option<String>,

    /// All connections of a tenant, or its user's or its group's
    #[arg(long, value_name = "TENANT", group = "who", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) tenant: Option<String>,

    /// All connections in a group: of --tenant, or without a tenant
    #[arg(long, value_name = "GROUP", group = "who", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) group: Option<String>,

    /// Leave a connection out; may be given more than once
    #[arg(long, allow_hyphen_values = true, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) all_but: Vec<String>,
}

/// Where the connections are kept, and where they are posted to.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetArgs {
    /// The app that `lift dev` runs here: its gateway on PORT, or 3001, its database on the next
    #[arg(
        long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "3001",
        group = "of_stage", value_parser = clap::value_parser!(u16).range(1..=65534),
        conflicts_with_all = ["endpoint", "api", "endpoint_url"]
    )]
    pub(crate) local: Option<u16>,

    /// The name of the table of connections
    #[arg(long, value_name = "NAME", value_parser = super::table::name, required_unless_present_any = ["local", "connections"])]
    pub(crate) table: Option<String>,

    /// The management URL of all connections, with the stage [default: what the table says of each]
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) endpoint: Option<String>,

    /// The id of the API of connections that are in no table
    #[arg(long, value_name = "ID", requires = "stage", conflicts_with = "endpoint", group = "of_stage", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) api: Option<String>,

    /// The stage of --api, or of --local [default there: local]
    #[arg(long, value_name = "NAME", requires = "of_stage", value_parser = super::stage)]
    pub(crate) stage: Option<String>,

    /// A custom domain that the table names, which may be signed to; may be given more than once
    #[arg(long, value_name = "HOST", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) allow: Vec<String>,

    /// Where DynamoDB is, if not at AWS, such as the URL that `lift dev` prints
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) endpoint_url: Option<String>,

    /// The AWS region [default: that of the environment or the profile]
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
}

impl SendArgs {
    /// What holds between flags.
    pub(super) fn check(&self) -> Result<(), clap::Error> {
        let TargetArgs { local, table, endpoint, api, .. } = &self.target;
        let posts = !self.what.list && !self.what.count;
        let known = endpoint.is_some() || api.is_some() || local.is_some();
        if table.is_some() || local.is_some() || (known && posts) {
            return Ok(());
        }
        let message = "where the connections are is not said: pass --table NAME; or, to send to \
                       --connection or close it, --endpoint URL, or --api ID and --stage NAME";
        let mut command = super::Args::command();
        // So that the usage is that of this command.
        command.build();
        let send = command.find_subcommand_mut("send").cloned();
        Err(send.unwrap_or(command).error(ErrorKind::MissingRequiredArgument, message))
    }
}

const EXAMPLES: &str = "\
Examples:
  lift send --local --tenant general '{\"type\":\"note\",\"text\":\"hi\"}'
      Send to the tenant `general` of the app that `lift dev` runs

  lift send --table chat-connections --endpoint-url http://127.0.0.1:3002 \\
      --endpoint http://127.0.0.1:3001/local --tenant general '{\"type\":\"note\",\"text\":\"hi\"}'
      The same with the URLs that `lift dev` prints, for where they are others

  lift send --table chat-connections --tenant lotus --user ana --list
      See which connections are meant, before something is sent

  lift send --table chat-connections --tenant lotus --resume news.json - < news.txt
      Send a file to very many; after Ctrl-C the same command goes on where it stopped

  lift send --api k3v9example --stage prod --connection R1kmxc2VNjMCFIA= 'hi'
      Send to a connection of an app without a table

Environment:
  AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, ...   as for AWS's own tools
  AWS_ENDPOINT_URL_DYNAMODB                         DynamoDB, unless --endpoint-url is given
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI          the management URL, instead of --endpoint

A `lift dev` with a token wants AWS_ACCESS_KEY_ID=local and AWS_SECRET_ACCESS_KEY=TOKEN.

Exit codes:
  0  nothing failed; nobody may have been there
  1  something was throttled, failed or skipped, or nothing could be sent
  2  the arguments are wrong";

fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        _ if text.starts_with("ws") => {
            Err("this is where clients connect; the management URL starts with https://".to_owned())
        }
        _ => Err("not a URL such as https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod"
            .to_owned()),
    }
}
