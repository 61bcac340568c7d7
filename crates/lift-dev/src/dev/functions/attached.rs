//! A function whose process a debugger starts: the Runtime API waits for it on a fixed port, without
//! timeouts.
//!
//! If a process asks for an event while an earlier one has not answered its event, the earlier one is
//! treated as exited: its event fails, and the new process runs the function.

use std::{
    convert::Infallible,
    ffi::OsStr,
    fmt::Display,
    fs, io,
    net::{SocketAddr, TcpListener as StdTcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Error, Result, anyhow};
use lift_aws::variables::RUNTIME_API;
use lift_gateway::{
    InvokeError,
    lambda::{Environment, Function, FunctionSettings, Status},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{data_dir::write_private, dev::program::variables::Variables};

/// The timeout of an event that a debugger may hold. It is finite, because the deadline that the
/// Runtime API gives is a time of day.
pub(crate) const DEBUGGER_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The Runtime API for the processes that a debugger starts, one at a time.
#[derive(Debug)]
pub(crate) struct AttachedFunction {
    name: String,
    function: Function,
    /// The socket of the Runtime API, which outlives each environment.
    listener: StdTcpListener,
    environment: Environment,
    file: EnvFile,
}

impl AttachedFunction {
    /// Opens the Runtime API at `address`, and writes the variables that a process needs to `file`.
    pub(crate) async fn start(
        settings: FunctionSettings,
        address: SocketAddr,
        variables: &Variables,
        file: PathBuf,
    ) -> Result<Self> {
        let name = settings.name.clone();
        let (timeout, max_wait) = (DEBUGGER_TIMEOUT, DEBUGGER_TIMEOUT);
        let function = Function::new(FunctionSettings { timeout, max_wait, ..settings });
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address} for the Lambda Runtime API: pass another --attach")
        })?;
        let listener = listener.into_std()?;
        let environment = environment(&function, &listener)?;
        let runtime_variables = [
            (RUNTIME_API, environment.address()?.to_string()),
            (LOG_STREAM.0, LOG_STREAM.1.to_owned()),
        ];
        let file = EnvFile::write(file, variables, &runtime_variables)?;
        Ok(Self { name, function, listener, environment, file })
    }

    /// The function that the gateway invokes.
    pub(crate) fn function(&self) -> Function {
        self.function.clone()
    }

    /// The line of the ready block that says how to start the process.
    pub(crate) fn ready_line(&self) -> Result<String> {
        let (address, file) = (self.environment.address()?, self.file.display());
        Ok(format!("AWS_LAMBDA_RUNTIME_API={address}   (all variables in {file})"))
    }

    /// Serves every process that connects, for as long as this is polled. After `closing`, events fail
    /// if no process is attached.
    pub(crate) async fn watch(&mut self, closing: &CancellationToken) -> Infallible {
        let function = self.function.clone();
        tokio::select! {
            never = self.serve() => never,
            never = fail_events_without_process(&function, closing) => never,
        }
    }

    async fn serve(&mut self) -> Infallible {
        loop {
            tokio::select! {
                // Never returns.
                () = self.environment.serve() => {}
                () = self.init_failed() => {}
            }
            match environment(&self.function, &self.listener) {
                Ok(environment) => self.environment = environment,
                Err(error) => tracing::error!("{}", crate::exit::in_words(&error)),
            }
        }
    }

    /// Waits until a process reports that it cannot start. The environment gives it no events after
    /// that.
    async fn init_failed(&self) {
        let name = &self.name;
        let mut status = self.environment.status();
        loop {
            let now = status.borrow_and_update().clone();
            match now {
                Status::Ready => tracing::info!("the function {name} is attached"),
                Status::InitFailed { kind, message } => {
                    return tracing::error!(
                        "the function {name} reported that it cannot start ({kind:?}: \
                         {message:?}): fix that and start it again"
                    );
                }
                _ => {}
            }
            // Cannot fail: the environment holds the sender.
            let _ = status.changed().await;
        }
    }
}

fn environment(function: &Function, listener: &StdTcpListener) -> Result<Environment> {
    let listener = listener.try_clone().and_then(TcpListener::from_std);
    Ok(function.environment(listener.context("cannot open the Lambda Runtime API")?))
}

/// Fails waiting events while no process is attached, so that they do not delay the shutdown.
async fn fail_events_without_process(
    function: &Function,
    closing: &CancellationToken,
) -> Infallible {
    closing.cancelled().await;
    let mut demand = function.demand();
    loop {
        let now = *demand.borrow_and_update();
        if now.waiting > 0 && now.idle + now.busy == 0 {
            function.fail_waiting(&InvokeError::unavailable());
        }
        // Cannot fail: the function holds the sender.
        let _ = demand.changed().await;
    }
}

/// The last variable of the file, which tells the file from one that the user wrote.
const LOG_STREAM: (&str, &str) = ("AWS_LAMBDA_LOG_STREAM_NAME", "local/[$LATEST]1");

/// A file of the function's variables, in the form that editors and shells read. Removed on drop,
/// because the addresses in it are then stale.
#[derive(Debug)]
struct EnvFile(PathBuf);

impl EnvFile {
    /// Writes `variables`, without those that the user's shell has anyway, and `runtime_variables`.
    fn write(
        path: PathBuf,
        variables: &Variables,
        runtime_variables: &[(&str, String)],
    ) -> Result<Self> {
        let changed = variables
            .iter()
            .filter(|(name, value)| std::env::var_os(name).as_ref() != Some(value))
            .map(|(name, value)| (&**name, &**value));
        let runtime =
            runtime_variables.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
        let mut text = String::new();
        for (name, value) in changed.chain(runtime) {
            // Only variables of the shell may not be UTF-8, and those are not written.
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let value =
                shlex::try_quote(&value).with_context(|| format!("{name} cannot be quoted"))?;
            text += &format!("{name}={value}\n");
        }
        if is_left_over(&path) {
            let _ = fs::remove_file(&path);
        }
        write_private(&path, &text).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => anyhow!(
                "{} exists, and is not a file of `lift dev --attach`: move it to another folder",
                path.display()
            ),
            _ => Error::from(error).context(format!("cannot write {}", path.display())),
        })?;
        Ok(Self(path))
    }

    fn display(&self) -> impl Display {
        self.0.display()
    }
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        if is_left_over(&self.0) {
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Whether `path` is a file that [`EnvFile`] wrote, of this run or of a killed one.
fn is_left_over(path: &Path) -> bool {
    let last = format!("\n{}='{}'\n", LOG_STREAM.0, LOG_STREAM.1);
    path.symlink_metadata().is_ok_and(|found| found.is_file())
        && fs::read(path).is_ok_and(|text| text.ends_with(last.as_bytes()))
}
