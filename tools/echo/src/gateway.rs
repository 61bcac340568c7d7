//! The gateway with the echo as its function, with the settings of `lift dev` or with those that Autobahn needs.

use std::{env, process::Stdio};

use clap::ValueEnum;
use lift_gateway::{
    Backend, BinaryMessages, Limits, Routes, Settings, Undocumented,
    lambda::{Environment, Function, FunctionSettings},
};
use tokio::{net::TcpListener, process::Command, task::JoinSet};

use crate::function;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Accept binary messages, and reply to each message before the next one is read.
    #[arg(long, value_name = "LIMITS")]
    autobahn: Option<Sizes>,
    /// The number of processes that run the function; 0 runs it in the gateway's process.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    processes: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sizes {
    /// Sizes that all cases of RFC 6455 need.
    Rfc,
    /// API Gateway's sizes.
    Aws,
}

pub(crate) async fn serve(
    listener: TcpListener,
    args: &Args,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let settings = settings(args.autobahn);
    if args.processes == 0 {
        return run(listener, settings, function::invoke, stop).await;
    }
    let function = Function::new(FunctionSettings::default());
    let mut processes = JoinSet::new();
    for _ in 0..args.processes {
        let environment = function.environment(TcpListener::bind("127.0.0.1:0").await?);
        processes.spawn(process(environment));
    }
    tokio::select! {
        served = run(listener, settings, function, stop) => served,
        Some(ended) = processes.join_next() => ended?,
    }
}

async fn run(
    listener: TcpListener,
    settings: Settings,
    backend: impl Backend,
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    Ok(lift_gateway::serve(listener, settings, backend, stop).await?)
}

fn settings(autobahn: Option<Sizes>) -> Settings {
    let routes = Routes::default().with_route("$default", true);
    let default = Settings { routes, ..Settings::default() };
    let Some(sizes) = autobahn else { return default };
    let undocumented =
        Undocumented { binary_messages: BinaryMessages::Base64, ..default.undocumented.clone() };
    // The suite's largest message has 16 MiB, in one frame.
    let (frame_bytes, message_bytes) = match sizes {
        Sizes::Rfc => (64 << 20, 64 << 20),
        Sizes::Aws => (default.limits.frame_bytes, default.limits.message_bytes),
    };
    let limits = Limits { frame_bytes, message_bytes, in_flight: 1, ..default.limits.clone() };
    Settings { limits, undocumented, ..default }
}

/// Runs one process of the function, and kills it when this future is dropped.
async fn process(environment: Environment) -> anyhow::Result<()> {
    let mut child = Command::new(env::current_exe()?)
        .arg("function")
        .env("AWS_LAMBDA_RUNTIME_API", environment.address()?.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "echo")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    tokio::select! {
        () = environment.serve() => anyhow::bail!("the Runtime API ended"),
        ended = child.wait() => anyhow::bail!("a process of the function ended: {}", ended?),
    }
}
