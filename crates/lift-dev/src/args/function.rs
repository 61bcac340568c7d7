//! The flags of `lift dev` for what is run: any function, in any language, and its routes.

use std::{net::SocketAddr, path::PathBuf};

use lift_gateway::{IdentitySource, Selection};

/// Where `--attach` waits when it says nothing else.
const ATTACH: &str = "127.0.0.1:9001";

/// What is run, and for which routes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Function")]
pub(crate) struct FunctionArgs {
    /// Run this as the function, in PATH or in this folder: any program that asks the Lambda
    /// Runtime API for events, with its arguments
    #[arg(long, value_name = "COMMAND", group = "main", value_parser = command)]
    pub(crate) command: Option<CommandLine>,

    /// Invoke a function that runs elsewhere, such as in an emulator of Lambda; a URL without a
    /// path gets that of AWS's emulator
    #[arg(long, value_name = "URL", group = "main", value_parser = url)]
    pub(crate) function_url: Option<Url>,

    /// Wait for a function that a debugger starts, and switch all time-outs off; its Runtime API
    /// is at this address [default: 127.0.0.1:9001]
    #[arg(
        long,
        value_name = "ADDR:PORT",
        group = "main",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ATTACH,
        value_parser = super::address
    )]
    pub(crate) attach: Option<SocketAddr>,

    /// One more function, by a name for --route; may be given again
    #[arg(long = "function", value_name = "NAME=COMMAND|URL", value_parser = named)]
    pub(crate) functions: Vec<NamedFunction>,

    /// A one-way route, of the function or of the one that is named; may be given again
    #[arg(long = "route", value_name = "KEY[=NAME]", value_parser = route)]
    pub(crate) routes: Vec<RouteArg>,

    /// A route that sends the reply's body to the client; may be given again
    #[arg(long = "two-way", value_name = "KEY[=NAME]", value_parser = route)]
    pub(crate) two_way: Vec<RouteArg>,

    /// The route selection expression [default: $request.body.action]
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) select: Option<Selection>,

    /// Ask a Lambda authorizer before $connect: the function, or the one that is named
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        value_parser = function_name
    )]
    pub(crate) authorizer: Option<Option<String>>,

    /// What a client has to show before the authorizer is asked, such as
    /// route.request.querystring.token; may be given again
    #[arg(long = "identity-source", value_name = "SOURCE", requires = "authorizer")]
    pub(crate) identity_sources: Vec<IdentitySource>,

    /// A file of NAME=VALUE lines for the environment of the functions; may be given again
    #[arg(long = "env-file", value_name = "FILE")]
    pub(crate) env_files: Vec<PathBuf>,
}

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    pub(crate) program: String,
    pub(crate) args: Vec<String>,
}

/// Where a function elsewhere is invoked: a URL, perhaps without the path.
pub(crate) type Url = http::Uri;

/// `--function NAME=..`
#[derive(Debug, Clone)]
pub(crate) struct NamedFunction {
    pub(crate) name: String,
    pub(crate) runs: Runs,
}

/// What such a function is.
#[derive(Debug, Clone)]
pub(crate) enum Runs {
    Command(CommandLine),
    Elsewhere(Url),
}

/// `--route KEY[=NAME]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteArg {
    pub(crate) key: String,
    /// None for the function that has no name.
    pub(crate) function: Option<String>,
}

impl FunctionArgs {
    /// Whether something says what to run.
    pub(crate) fn names_a_function(&self) -> bool {
        self.names_main() || !self.functions.is_empty()
    }

    /// Whether something says what the function without a name is.
    pub(crate) fn names_main(&self) -> bool {
        self.command.is_some() || self.function_url.is_some() || self.attach.is_some()
    }

    /// Whether something says which routes there are.
    pub(crate) fn says_routes(&self) -> bool {
        self.all_routes().next().is_some() || self.select.is_some() || self.authorizer.is_some()
    }

    /// All routes, and whether each is two-way.
    pub(crate) fn all_routes(&self) -> impl Iterator<Item = (&RouteArg, bool)> {
        let one_way = self.routes.iter().map(|route| (route, false));
        one_way.chain(self.two_way.iter().map(|route| (route, true)))
    }
}

fn command(text: &str) -> Result<CommandLine, String> {
    let words = shlex::split(text).ok_or("a quote or a backslash at the end has no partner")?;
    let mut words = words.into_iter();
    let program = words.next().ok_or("no command: write one such as 'python3 function.py'")?;
    Ok(CommandLine { program, args: words.collect() })
}

fn url(text: &str) -> Result<Url, String> {
    let wrong = "not a URL such as http://127.0.0.1:9000";
    let url: Url = text.parse().map_err(|_| wrong.to_owned())?;
    match (url.scheme_str(), url.host()) {
        (Some("http"), Some(_)) => Ok(url),
        (Some("https"), _) => Err("an emulator is reached by http, not by https".to_owned()),
        _ => Err(wrong.to_owned()),
    }
}

fn named(text: &str) -> Result<NamedFunction, String> {
    let example = "write NAME=COMMAND, such as chat='python3 chat.py', or NAME=URL";
    let (name, runs) = text.split_once('=').ok_or(example)?;
    let name = function_name(name)?;
    let is_url = runs.starts_with("http://") || runs.starts_with("https://");
    let runs = if is_url { Runs::Elsewhere(url(runs)?) } else { Runs::Command(command(runs)?) };
    Ok(NamedFunction { name, runs })
}

fn route(text: &str) -> Result<RouteArg, String> {
    let (key, function) = match text.rsplit_once('=') {
        Some((key, name)) => (key, Some(function_name(name)?)),
        None => (text, None),
    };
    if key.is_empty() {
        return Err("a route key is not empty; a shell needs single quotes: '$connect'".to_owned());
    }
    Ok(RouteArg { key: key.to_owned(), function })
}

fn function_name(text: &str) -> Result<String, String> {
    // Lambda's own rule for the names of functions.
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match (1..=64).contains(&text.len()) && text.chars().all(allowed) {
        true => Ok(text.to_owned()),
        false => Err("a function is named with 1 to 64 letters, digits, `-` and `_`".to_owned()),
    }
}
