//! The arguments of `lift dev`, and of the app that `lift dev` and `lift replay` run.

use std::{net::SocketAddr, path::PathBuf};

use clap::error::ErrorKind;

use super::{
    check::WrongArgs, function::FunctionArgs, gateway::GatewayArgs, template::TemplateArgs,
    terminal::TerminalArgs, values,
};

/// Run an app on this machine as it runs on AWS
///
/// Builds the package in PATH, or in the current folder, with cargo, starts it as a Lambda function and serves it on a local
/// gateway that behaves like API Gateway, with an embedded DynamoDB. For a function in another
/// language, pass its command as --command and its routes as --route and --two-way, or a template
/// that declares both. When everything runs, one block on stdout lists the addresses. After that,
/// each event is a line on stderr. When the sources change, the new code takes over while clients
/// stay connected. Ctrl-C stops it.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DevArgs {
    /// The address of the gateway, on loopback unless --public; port 0 picks a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:3001", value_parser = values::address)]
    pub(crate) listen: SocketAddr,

    /// The port of the gateway on 127.0.0.1, instead of --listen
    #[arg(long, value_name = "PORT", conflicts_with = "listen")]
    port: Option<u16>,

    /// The folder of the database: one that does not exist, is empty, or was made by Lift [default: PATH/.lift]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The maximum number of processes of a function; each runs one event at a time
    #[arg(long, value_name = "N", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) concurrency: u16,

    /// Restart the functions when this file or folder changes; may be given more than once. The
    /// sources of a package are watched anyway
    #[arg(long, value_name = "PATH", conflicts_with = "no_reload")]
    pub(crate) watch: Vec<PathBuf>,

    /// Do not rebuild and restart when sources change
    #[arg(long)]
    pub(crate) no_reload: bool,

    /// Do not fire the app's schedules by their rates; `lift invoke --schedule NAME` still fires one
    #[arg(long)]
    pub(crate) no_schedules: bool,

    /// Inject faults into the function's calls, by the plan in this file
    #[arg(long, value_name = "PLAN")]
    pub(crate) faults: Option<PathBuf>,

    /// Record every event and reply to a new file, for `lift replay` and test fixtures. Tokens are
    /// recorded as they were sent
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// The maximum size of the recording, such as 500MB or 2GB. At the limit the recording stops and
    /// is marked as incomplete, and the app continues [default: no limit]
    #[arg(long, value_name = "SIZE", requires = "record", value_parser = values::size)]
    pub(crate) record_limit: Option<u64>,

    /// Do not serve the inspector, the page at /_lift that shows events; it is only for this machine
    #[arg(long)]
    pub(crate) no_inspector: bool,

    // After the options above, because those have no heading.
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) terminal: TerminalArgs,
    #[command(flatten)]
    pub(crate) gateway: GatewayArgs,
}

/// The app to run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AppArgs {
    /// The app: the folder of a cargo package with one binary, or a template or its folder. With
    /// --command, the folder to run it in [default: the current folder]
    pub(crate) path: Option<PathBuf>,

    /// The stage of the API, which is the path of its URLs [default: local]
    #[arg(long, value_name = "NAME", value_parser = values::stage)]
    pub(crate) stage: Option<String>,

    #[command(flatten)]
    pub(crate) function: FunctionArgs,

    #[command(flatten)]
    pub(crate) template: TemplateArgs,
}

const EXAMPLES: &str = "\
Examples:
  lift dev
      Run the package or the template in this folder

  lift dev examples/chat
      Run the chat on ws://127.0.0.1:3001/local

  lift dev --port 0 --stage prod
      Run the package in this folder on a free port, as the stage `prod`

  lift dev . --public --listen 0.0.0.0:3001
      Let other machines connect; calls of @connections then need the token that is shown

  lift dev . --data-dir ../chat-data
      Keep the database in the new folder ../chat-data, which must be empty if it exists

  lift dev . --command 'python3 function.py' --two-way say --watch function.py
      Run a function in Python, and restart it when it changes

  lift dev examples/chat --faults examples/chat/faults.toml
      Run the chat with APIs that are slow, throttle, drop connections and lag

  lift dev --command 'python3 -m awslambdaric app.handler' --route '$connect' --two-way ask
      Run a function in Python, with its routes; keys with a `$` need the single quotes

  lift dev --function chat='python3 chat.py' --function ask='node ask.js' --route say=chat --two-way ask=ask
      Run several functions, each with its own routes

  lift dev . --function auth='node auth.js' --authorizer=auth --identity-source route.request.querystring.token
      Run the package in this folder, with a function in Node as its authorizer

  lift dev --function-url http://127.0.0.1:9000 --two-way '$default'
      Invoke a function that runs in an emulator of Lambda

  lift dev --template template.yaml --parameter TableName=chat
      Run a template of SAM, CloudFormation or the Serverless Framework

  lift dev . --attach
      Wait until a debugger starts the app in this folder

  lift dev . --open
      Open the app's page in the browser when everything runs

  lift dev . --log json | jq 'select(.error)'
      Print events as JSON for programs: here, the events that failed

Environment:
  NO_COLOR   turns colors off; CLICOLOR_FORCE=1 turns them on in a pipe
  LIFT_LOG   the log filter of Lift, such as `debug` or `lift_gateway=debug` [default: RUST_LOG]
  RUST_LOG   passed to the function [default: info,lambda_runtime=warn]";

impl AppArgs {
    /// Where no flag names what to run, it is what the current folder has.
    pub(super) fn complete(&mut self) {
        if !self.function.names_a_function() && self.template.template.is_none() {
            self.path.get_or_insert_with(|| ".".into());
        }
    }
}

impl DevArgs {
    /// Adds what the flags leave out, and checks the addresses.
    pub(super) fn complete(&mut self) -> Result<(), WrongArgs> {
        self.app.complete();
        if let Some(port) = self.port {
            self.listen.set_port(port);
        }
        self.check_loopback("--listen", Some(self.listen))?;
        self.check_loopback("--attach", self.app.function.attach)
    }

    /// Fails if `address` is open to other machines without --public: every client that reaches the
    /// gateway can connect and read the page, and every program that reaches the Runtime API can act
    /// as the function.
    fn check_loopback(&self, flag: &str, address: Option<SocketAddr>) -> Result<(), WrongArgs> {
        let Some(address) = address else { return Ok(()) };
        let ip = address.ip();
        if ip.is_loopback() || self.gateway.public {
            return Ok(());
        }
        let message = format!(
            "{flag} {ip} can be reached from other machines: pass --public if that is intended, or \
             listen on 127.0.0.1 or [::1]"
        );
        Err(WrongArgs { subcommand: &["dev"], kind: ErrorKind::ValueValidation, message })
    }
}
