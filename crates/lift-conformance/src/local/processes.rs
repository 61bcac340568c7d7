//! The probe in child processes over the Lambda Runtime API: several for each API. Some cases end a
//! process; it is replaced.

use std::{io, net::Ipv4Addr, path::Path, process::Stdio};

use anyhow::{Context as _, Result};
use lift_gateway::lambda::{Function, FunctionSettings};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    task::JoinSet,
};

use super::settings::{LOCAL, REGION};
use crate::Api;

/// The number of processes of an API. Most cases use `Main`, and some of them sleep.
fn processes(api: Api) -> usize {
    if api == Api::Main { 12 } else { 4 }
}

pub(super) async fn start(
    api: Api,
    program: &Path,
    management: &str,
    serving: &mut JoinSet<io::Result<()>>,
) -> Result<Function> {
    let timeout = std::time::Duration::from_secs(60);
    let function = Function::new(FunctionSettings { timeout, ..FunctionSettings::default() });
    for _ in 0..processes(api) {
        let first = spawn(&function, program, management).await?;
        serving.spawn(replace_when_ended(
            first,
            function.clone(),
            program.to_owned(),
            management.to_owned(),
        ));
    }
    Ok(function)
}

/// A process and its Runtime API.
struct Running {
    child: Child,
    environment: lift_gateway::lambda::Environment,
}

async fn spawn(function: &Function, program: &Path, management: &str) -> Result<Running> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let environment = function.environment(listener);
    let child = Command::new(program)
        .env("AWS_LAMBDA_RUNTIME_API", environment.address()?.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "probe")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", LOCAL)
        .env("AWS_SECRET_ACCESS_KEY", LOCAL)
        .env("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", management)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} does not start", program.display()))?;
    Ok(Running { child, environment })
}

/// Starts a new process when one ends.
async fn replace_when_ended(
    mut running: Running,
    function: Function,
    program: std::path::PathBuf,
    management: String,
) -> io::Result<()> {
    loop {
        tokio::select! {
            () = running.environment.serve() => {}
            ended = running.child.wait() => drop(ended?),
        }
        running.environment.exited();
        running = spawn(&function, &program, &management).await.map_err(io::Error::other)?;
    }
}
