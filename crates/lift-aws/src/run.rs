//! The Lambda loop: events from the Runtime API into the app's pipeline, replies back.

use std::{
    env, error,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_config::SdkConfig;
use futures_util::future::BoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use lift_ws::{
    App, Invocation, Service, TABLE_VARIABLE,
    store::{MemoryStore, Store},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use tokio::time::Instant;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{DynamoStore, Error, ManagementApi, config::function_config};

type BoxError = Box<dyn error::Error + Send + Sync>;

/// What handles the events that are of no connection.
type Other = Box<dyn Fn(Value) -> BoxFuture<'static, Result<Value, BoxError>> + Send + Sync>;

/// Tells a program to print its description and exit.
const DESCRIBE_VARIABLE: &str = "LIFT_DESCRIBE";

/// Runs an app as a Lambda function, until the environment is shut down.
///
/// Started with `LIFT_DESCRIBE=1`, it prints the app's [`Description`](lift_ws::Description) as
/// JSON and returns. Otherwise it speaks the Lambda Runtime API and nothing else. Connections are
/// stored in the DynamoDB table that the environment variable `LIFT_TABLE` names. Region, credentials
/// and endpoints come from the environment's variables, where Lambda puts them, in the SDKs' names.
///
/// # Errors
/// When the environment lacks something, or the Runtime API cannot be reached.
pub async fn run<S: Send + Sync + 'static>(app: App<S>) -> Result<(), Error> {
    serve(app, None).await
}

/// Runs an app as a Lambda function that is invoked by others too: a queue, a schedule, a stream.
/// Their events, which are those without a connection, go to `other`; what it returns is the
/// invocation's result, and what it fails with is reported to Lambda.
///
/// ```no_run
/// # async fn run() -> Result<(), lift_aws::Error> {
/// let app = lift_ws::App::new();
/// lift_aws::run_beside(app, async |event| {
///     println!("{} records", event["Records"].as_array().map_or(0, Vec::len));
///     Ok(serde_json::json!({"batchItemFailures": []}))
/// })
/// .await
/// # }
/// ```
///
/// # Errors
/// See [`run`].
pub async fn run_beside<S, F, Fut>(app: App<S>, other: F) -> Result<(), Error>
where
    S: Send + Sync + 'static,
    F: Fn(Value) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Value, BoxError>> + Send + 'static,
{
    serve(app, Some(Box::new(move |event| Box::pin(other(event))))).await
}

async fn serve<S: Send + Sync + 'static>(app: App<S>, other: Option<Other>) -> Result<(), Error> {
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
    let config = function_config()?;
    let push = ManagementApi::new(&config)?;
    let store = store(&app, &config)?;
    let service = app.into_service(store, Arc::new(push));
    let (service, other) = (&service, other.as_ref());
    let handler = service_fn(|event| answer(service, other, event));
    lambda_runtime::run(handler)
        .await
        .map_err(|cause| Error::new("the Lambda Runtime API failed").with_cause(cause))
}

/// The table of connections; an app that stores none needs no table.
fn store<S>(app: &App<S>, config: &SdkConfig) -> Result<Arc<dyn Store>, Error>
where
    S: Send + Sync + 'static,
{
    if app.describe().tables.is_empty() {
        return Ok(Arc::new(MemoryStore::new()));
    }
    let table = env::var(TABLE_VARIABLE).map_err(|_| {
        Error::new(format!("{TABLE_VARIABLE} is not set: it names the table of connections"))
    })?;
    Ok(Arc::new(DynamoStore::new(config, table)))
}

async fn answer(
    service: &Service,
    other: Option<&Other>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, BoxError> {
    if let Some(other) = other.filter(|_| !is_of_a_connection(&event.payload)) {
        let result = other(serde_json::from_str(event.payload.get())?).await?;
        return Ok(to_raw_value(&result)?);
    }
    let payload = String::from(Box::<str>::from(event.payload));
    let deadline = deadline(event.context.deadline);
    let reply = service.call(Invocation { payload: payload.into(), deadline }).await?;
    let reply = String::from_utf8(reply)?;
    Ok(RawValue::from_string(reply)?)
}

/// Whether an event says of which connection it is. Those of queues, schedules and streams do not.
fn is_of_a_connection(event: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(rename = "requestContext")]
        context: Context,
    }
    #[derive(Deserialize)]
    struct Context {
        #[serde(rename = "connectionId")]
        id: IgnoredAny,
    }
    let probe = serde_json::from_str(event.get());
    probe.is_ok_and(|Probe { context: Context { id: IgnoredAny } }| true)
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
    // `Targets` reads `RUST_LOG` without the regular expressions of the other filter, which are a
    // megabyte that a cold start would load.
    let filter = env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let json = env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format == "JSON");
    let lines = fmt::layer().with_writer(std::io::stderr).without_time().with_ansi(false);
    let log = tracing_subscriber::registry().with(filter);
    // A subscriber of the app's own, set before, stays.
    let _ = if json { log.with(lines.json()).try_init() } else { log.with(lines).try_init() };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_connections_are_told_from_others() {
        let is = |json: &str| is_of_a_connection(&RawValue::from_string(json.to_owned()).unwrap());
        assert!(is(include_str!("../../lift-event/fixtures/message-json-body.json")));
        assert!(is(r#"{"requestContext":{"connectionId":5}}"#), "malformed, but meant for the app");
        for other in [
            r#"{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}"#,
            r#"{"detail-type":"Scheduled Event","detail":{}}"#,
            r#"{"requestContext":{"http":{"method":"GET"}}}"#,
            r#"{"requestContext":null}"#,
            "5",
        ] {
            assert!(!is(other), "{other}");
        }
    }
}
