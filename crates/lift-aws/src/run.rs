//! The Lambda loop: events from the Runtime API into the app's pipeline, replies back.

use std::{
    env,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lambda_runtime::{LambdaEvent, service_fn};
use lift_ws::{App, Invocation, Service, TABLE_VARIABLE};
use serde_json::value::RawValue;
use tokio::time::Instant;
use tracing_subscriber::EnvFilter;

use crate::{DynamoStore, Error, ManagementApi, config};

/// Tells a program to print its description and exit.
const DESCRIBE_VARIABLE: &str = "LIFT_DESCRIBE";

/// Runs an app as a Lambda function, until the environment is shut down.
///
/// Started with `LIFT_DESCRIBE=1`, it prints the app's [`Description`](lift_ws::Description) as
/// JSON and returns. Otherwise it speaks the Lambda Runtime API and nothing else. Connections are
/// stored in the DynamoDB table that the environment variable `LIFT_TABLE` names; region,
/// credentials and endpoints are found as the AWS SDKs find them.
///
/// # Errors
/// When the environment lacks something, or the Runtime API cannot be reached.
pub async fn run<S: Send + Sync + 'static>(app: App<S>) -> Result<(), Error> {
    if env::var(DESCRIBE_VARIABLE).is_ok_and(|value| value == "1") {
        return describe(&app);
    }
    log();
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err(Error::new(
            "this program is a Lambda function and was not started by Lambda; \
             on this machine, run it with `lift dev`",
        ));
    }
    let config = config().await;
    let table = env::var(TABLE_VARIABLE).map_err(|_| {
        Error::new(format!("{TABLE_VARIABLE} is not set: it names the table of connections"))
    })?;
    let store = DynamoStore::new(&config, table);
    let push = ManagementApi::new(&config)?;
    let service = app.into_service(Arc::new(store), Arc::new(push));
    let handler = service_fn(|event| answer(service.clone(), event));
    lambda_runtime::run(handler)
        .await
        .map_err(|cause| Error::new("the Lambda Runtime API failed").with_cause(cause))
}

async fn answer(
    service: Service,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, lambda_runtime::Error> {
    let payload = String::from(Box::<str>::from(event.payload));
    let deadline = deadline(event.context.deadline);
    let reply = service.call(Invocation { payload: payload.into(), deadline }).await?;
    let reply = String::from_utf8(reply)?;
    Ok(RawValue::from_string(reply)?)
}

/// Lambda gives the deadline by the wall clock; waiting is by tokio's.
fn deadline(epoch_millis: u64) -> Instant {
    let deadline = UNIX_EPOCH + Duration::from_millis(epoch_millis);
    let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left
}

#[allow(clippy::print_stdout)]
fn describe<S: Send + Sync + 'static>(app: &App<S>) -> Result<(), Error> {
    let json = serde_json::to_string(&app.describe());
    println!("{}", json.map_err(|cause| Error::new("cannot describe").with_cause(cause))?);
    Ok(())
}

/// Logs to stderr, without time and colour, which CloudWatch and `lift dev` add themselves.
fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .with_ansi(false);
    let json = env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format == "JSON");
    // A subscriber of the app's own, set before, stays.
    let _ = if json { log.json().try_init() } else { log.try_init() };
}
