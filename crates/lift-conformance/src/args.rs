//! The command-line arguments.

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, ValueEnum};
use lift_conformance::{Address, Keys, Target, Timing};

const EXAMPLES: &str = "\
Examples:
  lift-conformance --target lift                    Lift's gateway, which the command starts
  lift-conformance --list --only 5.2                shows the cases of section 5.2
  lift-conformance --target other=ws://127.0.0.1:4000/prod
  lift-conformance --target aws=wss://abc.execute-api.eu-west-1.amazonaws.com/prod \\
      --target aws/bare=wss://def.execute-api.eu-west-1.amazonaws.com/prod --sign eu-west-1 --slow
  lift-conformance --target lift --target other=... --known other=failures.txt --format markdown

A target is a gateway with this program deployed behind it as a Lambda function. Its APIs are main, bare,
composed, token, keyed, iam and throttled; cases of an API that a target lacks are skipped. The book's chapter
\"Compatibility with API Gateway\" describes them, and how to deploy them on AWS.

Exit code 1: a documented or observed case failed and is not listed as known, or a listed one passed.";

/// Tests gateways of WebSocket APIs from outside, and reports where they differ from API Gateway
#[derive(Debug, Parser)]
#[command(name = "lift-conformance", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A gateway: `lift`, or the URL of an API with its stage; may be repeated
    #[arg(long = "target", value_name = "NAME[/API]=URL", required_unless_present = "list")]
    targets: Vec<String>,

    /// The URL of an API's `@connections`, if it is not the API's URL with http; may be repeated
    #[arg(long = "management", value_name = "NAME[/API]=URL")]
    management: Vec<String>,

    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,

    /// Runs only cases whose id contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,

    /// Lists the cases without running them
    #[arg(long)]
    pub(crate) list: bool,

    /// A file with the known failures of a target; may be repeated
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    pub(crate) known: Vec<(String, PathBuf)>,

    /// Skips cases that have to wait longer than this
    #[arg(
        long,
        alias = "longest",
        value_name = "SECONDS",
        value_parser = seconds,
        default_value = "5"
    )]
    max_wait: Duration,

    /// Skips no case; some wait for two hours
    #[arg(long, conflicts_with = "max_wait")]
    slow: bool,

    /// The idle time after which the targets close a connection
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "600")]
    idle: Duration,

    /// The lifetime after which the targets close a connection
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "7200")]
    lifetime: Duration,

    /// The integration timeout of the targets
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "29")]
    timeout: Duration,

    /// How long to wait for a message that must not come
    #[arg(
        long,
        alias = "quiet",
        value_name = "SECONDS",
        value_parser = seconds,
        default_value = "0.5"
    )]
    silence: Duration,

    /// How long to wait for a message that has to come
    #[arg(
        long,
        alias = "patience",
        value_name = "SECONDS",
        value_parser = seconds,
        default_value = "10"
    )]
    arrival_timeout: Duration,

    /// Signs for this Region, with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
    #[arg(long, value_name = "REGION")]
    sign: Option<String>,

    /// The API key of the API `keyed`
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,

    /// The number of cases that run at once
    #[arg(long, value_name = "NUMBER", default_value_t = 8)]
    pub(crate) jobs: usize,
}

/// The output format.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Markdown,
}

impl Args {
    /// The names of the targets, without duplicates.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for target in &self.targets {
            let name = target.split(['/', '=']).next().unwrap_or_default().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// A target at URLs; `None` for Lift's gateway, which the command starts.
    pub(crate) fn remote(&self, name: &str) -> Result<Option<Target>> {
        if name == "lift" && self.targets.iter().any(|target| target == name) {
            return Ok(None);
        }
        let mut target = Target::new(name, self.timing());
        for text in self.targets.iter().filter(|text| *text != "lift") {
            let address = Address::read(text, &["ws://", "wss://"])?;
            if address.target == name {
                target.urls.insert(address.api, address.url);
            }
        }
        for text in &self.management {
            let address = Address::read(text, &["http://", "https://"])?;
            if address.target == name {
                target.management.insert(address.api, address.url);
            }
        }
        target.keys = self.sign.clone().map(keys).transpose()?;
        target.api_key = self.api_key.clone();
        Ok(Some(target))
    }

    fn timing(&self) -> Timing {
        let mut timing = Timing::default();
        timing.idle = self.idle;
        timing.lifetime = self.lifetime;
        timing.integration = self.timeout;
        timing.arrival_timeout = self.arrival_timeout;
        timing.silence = self.silence;
        timing.max_wait = if self.slow { Duration::MAX } else { self.max_wait };
        timing
    }
}

fn keys(region: String) -> Result<Keys> {
    let variable = |name: &str| env::var(name).with_context(|| format!("--sign needs {name}"));
    let access = variable("AWS_ACCESS_KEY_ID")?;
    let mut keys = Keys::new(access, variable("AWS_SECRET_ACCESS_KEY")?, region);
    keys.token = env::var("AWS_SESSION_TOKEN").ok();
    Ok(keys)
}

fn named_file(text: &str) -> Result<(String, PathBuf)> {
    match text.split_once('=') {
        Some((name, path)) => Ok((name.to_owned(), path.into())),
        None => bail!("expected NAME=FILE"),
    }
}

fn seconds(text: &str) -> Result<Duration> {
    let seconds: f64 = text.parse().context("expected a number of seconds")?;
    Duration::try_from_secs_f64(seconds).context("the number of seconds is out of range")
}
