//! The flags that name functions, in any language, and their routes.

use std::{net::SocketAddr, path::PathBuf};

use lift_gateway::{IdentitySource, Selection};

use super::values;

/// The default of `--attach`.
const ATTACH_ADDRESS: &str = "127.0.0.1:9001";

/// Functions and their routes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Function")]
pub(crate) struct FunctionArgs {
    /// Run this command as the function, in PATH or in this folder: any program that asks the Lambda
    /// Runtime API for events
    #[arg(long, value_name = "COMMAND", group = "main", value_parser = command)]
    pub(crate) command: Option<CommandLine>,

    /// Invoke a function at this URL, such as one in an emulator of Lambda; a URL without a path gets
    /// the path of AWS's emulator
    #[arg(long, value_name = "URL", group = "main", value_parser = url)]
    pub(crate) function_url: Option<Url>,

    /// Wait for a function that a debugger starts, with all timeouts off, and serve its Runtime API
    /// at this address [default: 127.0.0.1:9001]
    #[arg(
        long,
        value_name = "ADDR:PORT",
        group = "main",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ATTACH_ADDRESS,
        value_parser = values::address
    )]
    pub(crate) attach: Option<SocketAddr>,

    /// One more function, with a name for --route; may be given more than once
    #[arg(long = "function", value_name = "NAME=COMMAND|URL", value_parser = named)]
    pub(crate) functions: Vec<NamedFunction>,

    /// A one-way route, of the function or of the named function; may be given more than once
    #[arg(long = "route", value_name = "KEY[=NAME]", value_parser = route)]
    pub(crate) routes: Vec<RouteArg>,

    /// A two-way route, which sends the reply's body to the client; may be given more than once
    #[arg(long = "two-way", value_name = "KEY[=NAME]", value_parser = route)]
    pub(crate) two_way: Vec<RouteArg>,

    /// The route selection expression [default: $request.body.action]
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) select: Option<Selection>,

    /// Invoke a Lambda authorizer before $connect: the function, or the named function
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        value_parser = values::function_name
    )]
    pub(crate) authorizer: Option<Option<String>>,

    /// An identity source of the authorizer, which every client must send, such as
    /// route.request.querystring.token; may be given more than once
    #[arg(long = "identity-source", value_name = "SOURCE", requires = "authorizer")]
    pub(crate) identity_sources: Vec<IdentitySource>,

    /// A file of NAME=VALUE lines for the environment of the functions; may be given more than once
    #[arg(long = "env-file", value_name = "FILE")]
    pub(crate) env_files: Vec<PathBuf>,
}

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    pub(crate) program: String,
    pub(crate) args: Vec<String>,
}

/// The URL of a function that runs elsewhere, with or without a path.
pub(crate) type Url = http::Uri;

/// The value of `--function NAME=COMMAND|URL`.
#[derive(Debug, Clone)]
pub(crate) struct NamedFunction {
    pub(crate) name: String,
    pub(crate) value: CommandOrUrl,
}

/// What follows the name in `--function NAME=COMMAND|URL`.
#[derive(Debug, Clone)]
pub(crate) enum CommandOrUrl {
    Command(CommandLine),
    Url(Url),
}

/// The value of `--route KEY[=NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteArg {
    pub(crate) key: String,
    /// None for the function without a name.
    pub(crate) function: Option<String>,
}

impl FunctionArgs {
    /// Whether a flag names a function.
    pub(crate) fn names_a_function(&self) -> bool {
        self.names_main() || !self.functions.is_empty()
    }

    /// Whether a flag names the function without a name.
    pub(crate) fn names_main(&self) -> bool {
        self.command.is_some() || self.function_url.is_some() || self.attach.is_some()
    }

    /// Whether a flag declares a part of the API.
    pub(crate) fn declares_api(&self) -> bool {
        self.all_routes().next().is_some() || self.select.is_some() || self.authorizer.is_some()
    }

    /// All routes, and whether each is two-way.
    pub(crate) fn all_routes(&self) -> impl Iterator<Item = (&RouteArg, bool)> {
        let one_way = self.routes.iter().map(|route| (route, false));
        one_way.chain(self.two_way.iter().map(|route| (route, true)))
    }
}

fn command(text: &str) -> Result<CommandLine, String> {
    let words =
        shlex::split(text).ok_or("a quote is not closed, or a backslash ends the command")?;
    let mut words = words.into_iter();
    let program =
        words.next().ok_or("the command is empty: write one such as 'python3 function.py'")?;
    Ok(CommandLine { program, args: words.collect() })
}

fn url(text: &str) -> Result<Url, String> {
    let wrong = "not a URL such as http://127.0.0.1:9000";
    let url: Url = text.parse().map_err(|_| wrong.to_owned())?;
    match (url.scheme_str(), url.host()) {
        (Some("http"), Some(_)) => Ok(url),
        (Some("https"), _) => Err("an emulator takes http, not https".to_owned()),
        _ => Err(wrong.to_owned()),
    }
}

fn named(text: &str) -> Result<NamedFunction, String> {
    let example = "write NAME=COMMAND, such as chat='python3 chat.py', or NAME=URL";
    let (name, value) = text.split_once('=').ok_or(example)?;
    let name = values::function_name(name)?;
    let is_url = value.starts_with("http://") || value.starts_with("https://");
    let value = if is_url {
        CommandOrUrl::Url(url(value)?)
    } else {
        CommandOrUrl::Command(command(value)?)
    };
    Ok(NamedFunction { name, value })
}

fn route(text: &str) -> Result<RouteArg, String> {
    let (key, function) = match text.rsplit_once('=') {
        Some((key, name)) => (key, Some(values::function_name(name)?)),
        None => (text, None),
    };
    if key.is_empty() {
        return Err(
            "the route key is empty; in a shell, write it in single quotes: '$connect'".to_owned()
        );
    }
    Ok(RouteArg { key: key.to_owned(), function })
}
