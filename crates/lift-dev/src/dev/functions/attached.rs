//! A function whose process a debugger starts: the Runtime API waits for it on a fixed port, and
//! nothing is ever too slow.
//!
//! When a process asks for an event while an earlier one has not answered its own, that one is gone:
//! its event fails, and the new process is the function.

use std::{
    convert::Infallible,
    net::{SocketAddr, TcpListener as StdTcpListener},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result};
use lift_aws::variables;
use lift_gateway::{
    InvokeError,
    lambda::{Environment, Function, FunctionSettings, Status},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::dev::{functions::env_file::EnvFile, program::variables::Variables};

/// So long may a person look at one event. Not for ever, as deadlines are times of the calendar.
pub(crate) const AS_LONG_AS_IT_TAKES: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The Runtime API of one process after the other.
#[derive(Debug)]
pub(crate) struct Attached {
    name: String,
    function: Function,
    /// Its socket, which outlives each environment.
    listener: StdTcpListener,
    environment: Environment,
    file: EnvFile,
}

impl Attached {
    /// Opens the Runtime API at `address`, and writes down in `file` what a process needs.
    pub(crate) async fn start(
        settings: FunctionSettings,
        address: SocketAddr,
        variables: &Variables,
        file: PathBuf,
    ) -> Result<Self> {
        let name = settings.name.clone();
        let (timeout, patience) = (AS_LONG_AS_IT_TAKES, AS_LONG_AS_IT_TAKES);
        let function = Function::new(FunctionSettings { timeout, patience, ..settings });
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address} for the Lambda Runtime API: pass another --attach")
        })?;
        let listener = listener.into_std()?;
        let environment = environment(&function, &listener)?;
        let own = [
            (variables::RUNTIME_API, environment.address()?.to_string()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "local/[$LATEST]1".to_owned()),
        ];
        let file = EnvFile::write(file, variables, &own)?;
        Ok(Self { name, function, listener, environment, file })
    }

    /// What the gateway invokes.
    pub(crate) fn function(&self) -> Function {
        self.function.clone()
    }

    /// What to tell who starts the process.
    pub(crate) fn line(&self) -> Result<String> {
        let (address, file) = (self.environment.address()?, self.file.shown());
        Ok(format!("AWS_LAMBDA_RUNTIME_API={address}   (all variables in {file})"))
    }

    /// Serves whoever comes, for as long as it is polled. Once it is `closing`, nobody will.
    pub(crate) async fn watch(&mut self, closing: &CancellationToken) -> Infallible {
        let function = self.function.clone();
        tokio::select! {
            never = self.serve() => never,
            never = fail_when_nobody_comes(&function, closing) => never,
        }
    }

    async fn serve(&mut self) -> Infallible {
        loop {
            tokio::select! {
                // It never returns.
                () = self.environment.serve() => {}
                () = self.cannot_start() => {}
            }
            match environment(&self.function, &self.listener) {
                Ok(environment) => self.environment = environment,
                Err(error) => tracing::error!("{error:#}"),
            }
        }
    }

    /// Waits until a process says that it cannot start, after which it gets no work.
    async fn cannot_start(&self) {
        let name = &self.name;
        let mut status = self.environment.status();
        loop {
            let now = status.borrow_and_update().clone();
            match now {
                Status::Ready => tracing::info!("the function {name} is attached"),
                Status::InitFailed { kind, message } => {
                    return tracing::error!(
                        "the function {name} reported that it cannot start ({kind:?}: \
                         {message:?}): mend that and start it again"
                    );
                }
                _ => {}
            }
            // The sender is in the environment, so the wait cannot fail.
            let _ = status.changed().await;
        }
    }
}

fn environment(function: &Function, listener: &StdTcpListener) -> Result<Environment> {
    let listener = listener.try_clone().and_then(TcpListener::from_std);
    Ok(function.environment(listener.context("cannot open the Lambda Runtime API")?))
}

/// Events that nobody will take must not hold up the end.
async fn fail_when_nobody_comes(function: &Function, closing: &CancellationToken) -> Infallible {
    closing.cancelled().await;
    let mut demand = function.demand();
    loop {
        let now = *demand.borrow_and_update();
        if now.waiting > 0 && now.idle + now.busy == 0 {
            function.fail_waiting(&InvokeError::Unavailable);
        }
        // The sender is in the function.
        let _ = demand.changed().await;
    }
}
