//! The Lambda loop: passes events from the Runtime API to the app, and its replies back.

use std::{
    env, error,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lambda_runtime::{LambdaEvent, service_fn};
use lift_ws::{
    App, Service,
    describe::{Description, VariableDescription},
    handler::Handler,
    other_event::{FromOtherEvent, IntoResult},
    service::Invocation,
    store::{MemoryStore, Store, TABLE_VARIABLE},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::{RawValue, to_raw_value};
use tokio::time::Instant;

use crate::{
    AwsConfig, DynamoStore, ManagementApi,
    error::{Error, ErrorKind},
    init_error, log, variables,
};

type BoxError = Box<dyn error::Error + Send + Sync>;

/// Runs an app as a Lambda function, until Lambda shuts the execution environment down.
///
/// With the environment variable `LIFT_DESCRIBE=1`, it prints the app's
/// [`Description`](lift_ws::describe::Description) as JSON and returns. Otherwise it takes events
/// from the Lambda Runtime API. Connections are stored in the DynamoDB table that `LIFT_TABLE`
/// names. Region, credentials and endpoints come from the variables that Lambda sets for the SDKs
/// (see [`variables`]).
///
/// A state of [`App::with_state_from`] is made before the first event. If that fails, the Runtime API gets an init
/// error with the cause.
///
/// The log goes to stderr, as text, or as JSON if Lambda's log format is JSON. Each event and each panic is one
/// line, and control characters in it are escaped. An app that sets its own `tracing` subscriber before keeps
/// it, and its panic hook.
///
/// A process serves one event at a time. Where Lambda sets `AWS_LAMBDA_MAX_CONCURRENCY`, as on
/// managed instances, it serves that many at once, each in a tokio task. To use more than one core,
/// `main` then needs tokio's multi-threaded runtime, `#[tokio::main]`.
///
/// # Errors
/// [`is_configuration`](Error::is_configuration) when a variable is missing,
/// [`is_state`](Error::is_state) when the app's state could not be made, and
/// [`is_runtime_api`](Error::is_runtime_api) when the Runtime API cannot be reached. A process that
/// serves several events at once asks the Runtime API again instead of the latter.
pub async fn run<S: Send + Sync + 'static>(app: App<S>) -> Result<(), Error> {
    if env::var(variables::DESCRIBE).is_ok_and(|value| value == "1") {
        return print(&describe(&app));
    }
    log::start();
    if env::var_os(variables::RUNTIME_API).is_none() {
        return Err(Error::new(
            ErrorKind::Configuration,
            "this program is a Lambda function and was not started by Lambda; \
             on this machine, run it with `lift dev`",
        ));
    }
    let description = app.describe();
    check_variables(&description)?;
    let config = AwsConfig::of_function()?;
    let push = ManagementApi::new(&config)?;
    let store = store(&app, &config)?;
    let service = app.into_service(store, Arc::new(push));
    if let Some(schedule) = description.schedules.first().filter(|_| !service.has_other_events()) {
        let message = format!(
            "the app has the schedule {}, and no handler of its events: start it with `run_beside`, or add \
             `App::other_events`",
            schedule.name
        );
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    if let Err(cause) = service.start().await {
        init_error::report("Runtime.StateNotMade", &format!("{cause:?}")).await;
        return Err(Error::new(ErrorKind::State, "the function cannot start").with_cause(cause));
    }
    let marks = variables::value(variables::MARK_ERRORS).as_deref() == Some("1");
    let handler = service_fn(move |event| {
        let service = service.clone();
        async move { answer(&service, marks, event).await }
    });
    lambda_runtime::run_concurrent(handler).await.map_err(|cause| {
        Error::new(ErrorKind::RuntimeApi, "the Lambda Runtime API failed").with_cause(cause)
    })
}

/// Runs an app as a Lambda function that other sources invoke too: a queue, a schedule, a stream.
/// Events without a connection go to `other`. Its result is the invocation's result, and its error
/// is reported to Lambda.
///
/// `other` takes the event, the app's state and a publisher as arguments, in any order;
/// [`lift_ws::other_event`] lists all. An `async move` closure may capture values that are `Clone`.
///
/// ```no_run
/// use lift_ws::{App, Error, GlobalPublisher, State};
/// use serde_json::{Value, json};
///
/// async fn close(
///     State(shop): State<&'static str>,
///     publisher: GlobalPublisher,
///     event: Value,
/// ) -> Result<Value, Error> {
///     let at = event["at"].as_str().ok_or("the event has no `at`")?;
///     let report = publisher.tenant(shop).text(format!("we close at {at}")).await?;
///     Ok(json!({"sent": report.counts.sent}))
/// }
///
/// # async fn run() -> Result<(), lift_aws::Error> {
/// lift_aws::run_beside(App::with_state("lotus"), close).await
/// # }
/// ```
///
/// It is the same as `run(app.other_events(other))`.
///
/// # Errors
/// See [`run`].
///
/// # Panics
/// When the app has a handler of other events already.
#[track_caller]
pub fn run_beside<S, H, A>(app: App<S>, other: H) -> impl Future<Output = Result<(), Error>>
where
    S: Send + Sync + 'static,
    H: Handler<A, Args = A>,
    A: FromOtherEvent<S> + 'static,
    H::Output: IntoResult + 'static,
    H::Future: Send,
{
    run(app.other_events(other))
}
/// The store in the table of connections. An app that keeps no connections needs no table.
fn store<S>(app: &App<S>, config: &AwsConfig) -> Result<Arc<dyn Store>, Error>
where
    S: Send + Sync + 'static,
{
    if app.describe().tables.is_empty() {
        return Ok(Arc::new(MemoryStore::new()));
    }
    let table = env::var(TABLE_VARIABLE).map_err(|cause| {
        let message = format!("{TABLE_VARIABLE} is not UTF-8 text");
        Error::new(ErrorKind::Configuration, message).with_cause(cause)
    })?;
    Ok(Arc::new(DynamoStore::new(config, table)))
}

async fn answer(
    service: &Service,
    marks: bool,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, BoxError> {
    let is_other = service.has_other_events() && !has_connection(&event.payload);
    let payload = String::from(Box::<str>::from(event.payload));
    let invocation = Invocation::new(payload, deadline(event.context.deadline));
    if is_other {
        return Ok(to_raw_value(&service.call_other(invocation).await?)?);
    }
    let reply = match marks {
        true => service.call_marked(invocation).await?,
        false => service.call(invocation).await?,
    };
    let reply = String::from_utf8(reply)?;
    Ok(RawValue::from_string(reply)?)
}

/// Whether an event names a connection. Those of queues, schedules and streams do not.
fn has_connection(event: &RawValue) -> bool {
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

/// Lambda's deadline, which is wall-clock time, as an instant of tokio's clock.
fn deadline(epoch_millis: u64) -> Instant {
    let deadline = UNIX_EPOCH + Duration::from_millis(epoch_millis);
    let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left
}

/// Fails at the start if a variable is missing, and not at the first event that needs it.
fn check_variables(description: &Description) -> Result<(), Error> {
    let required = description.variables.iter().filter(|variable| variable.required);
    let missing: Vec<&str> = required
        .map(|variable| variable.name.as_str())
        .filter(|name| env::var_os(name).is_none_or(|value| value.is_empty()))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let is_table = missing.contains(&TABLE_VARIABLE);
    let missing = missing.join(", ");
    let mut message = format!("set these environment variables of the function: {missing}");
    if is_table && env::var_os(variables::MARK_ERRORS).is_some() {
        message += "; `lift dev` makes the table and sets its variable for an app that describes its own \
                    routes: leave out --route and --two-way";
    }
    Err(Error::new(ErrorKind::Configuration, message))
}

/// The app's description, with the variables that this crate reads.
fn describe<S: Send + Sync + 'static>(app: &App<S>) -> Description {
    let mut description = app.describe();
    for name in [variables::MANAGEMENT_ENDPOINT, variables::LOG] {
        if description.variables.iter().all(|variable| variable.name != name) {
            description.variables.push(VariableDescription::new(name, false));
        }
    }
    description.variables.sort_by(|a, b| a.name.cmp(&b.name));
    description
}

#[allow(clippy::print_stdout)]
fn print(description: &Description) -> Result<(), Error> {
    let json = serde_json::to_string(description);
    let json = json.map_err(|cause| {
        Error::new(ErrorKind::Description, "the app cannot be described").with_cause(cause)
    })?;
    println!("{json}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let app = App::new().unmanaged().require_env("PATH");
        assert!(check_variables(&app.describe()).is_ok());
        let app = app.require_env("LIFT_TEST_NOT_SET").require_env("LIFT_TEST_NEITHER");
        let error = check_variables(&app.describe()).unwrap_err().to_string();
        assert!(error.ends_with(": LIFT_TEST_NEITHER, LIFT_TEST_NOT_SET"), "{error}");
    }

    #[test]
    fn the_description_names_the_variables_of_this_crate() {
        let variables = describe(&App::new().require_env("RUST_LOG").require_env("Z")).variables;
        let named: Vec<_> =
            variables.iter().map(|variable| (&*variable.name, variable.required)).collect();
        let endpoint = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";
        let expected = [(endpoint, false), (TABLE_VARIABLE, true), ("RUST_LOG", true), ("Z", true)];
        assert_eq!(named, expected);
    }

    #[test]
    fn events_of_connections_are_recognised() {
        let is = |json: &str| has_connection(&RawValue::from_string(json.to_owned()).unwrap());
        assert!(is(include_str!("../../lift-event/fixtures/message-json-body.json")));
        assert!(is(r#"{"requestContext":{"connectionId":5}}"#), "malformed, but for the app");
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
