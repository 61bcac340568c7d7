//! `lift invoke`: invokes a function of a running `lift dev` and prints its result.
//!
//! ```text
//! args -> running app -> client: functions, schedules -> event -> Invoke API of `lift dev` -> result
//! ```

mod client;

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use lift_event::Timestamp;
use lift_invoke::{ScheduleService, scheduled_event, sqs};

use self::client::{Answer, Function, RunningLambda, Schedule};
use crate::{
    args::InvokeArgs, dev::functions::environment::LAMBDA_ENDPOINT, escape, exit, running::Wanted,
};

/// The exit code of clap for wrong arguments.
const USAGE: u8 = 2;

/// The name of the rule in the event, if the app has no schedule.
const MADE_UP: &str = "schedule";

/// What to invoke, or why the arguments do not fit the running app.
type Chosen<T> = Result<T, String>;

/// Invokes the function that `args` name.
pub(crate) fn run(args: InvokeArgs) -> Result<ExitCode> {
    // Read before the app is looked for, because it is the user's own.
    let event = args.event.as_deref().map(read_event).transpose()?;
    let data_dir = args.data_dir.as_deref();
    let app = Wanted { port: args.port, data_dir, flag: "--port" }.find()?;
    let url = app.variables.get(LAMBDA_ENDPOINT).context("this `lift dev` has no Invoke API")?;
    let lambda = RunningLambda::new(url.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the async runtime")?;
    runtime.block_on(async {
        let functions = lambda.functions().await?;
        let named = args.function.as_deref();
        let chosen = match (event, &args.schedule) {
            (Some(event), _) => function(&functions, named).map(|one| (one, event)),
            (None, Some(name)) => {
                let schedules = lambda.schedules().await?;
                match schedule(&schedules, &functions, name.as_deref(), named) {
                    Ok(Some(schedule)) => return print(lambda.fire(schedule).await?, None),
                    Ok(None) => function(&functions, named).map(|one| {
                        exit::note(
                            "the app has no schedule for this: the event is a made-up rule's",
                        );
                        let rule = ScheduleService::Rule;
                        let event = scheduled_event(rule, MADE_UP, one.region(), Timestamp::now());
                        (one, event)
                    }),
                    Err(reason) => Err(reason),
                }
            }
            (None, None) => function(&functions, named).map(|one| {
                let bodies = args.sqs.iter().map(String::as_str);
                (one, sqs::event(bodies, &args.queue, one.region(), Timestamp::now()))
            }),
        };
        let (function, event) = match chosen {
            Ok(chosen) => chosen,
            Err(reason) => {
                exit::report(&anyhow::Error::msg(reason));
                return Ok(ExitCode::from(USAGE));
            }
        };
        let is_batch = !args.sqs.is_empty();
        let answer = lambda.invoke(function, event.clone(), is_batch.then_some("sqs")).await?;
        print(answer, is_batch.then_some((&event, &args.sqs[..])))
    })
}

fn read_event(file: &Path) -> Result<Bytes> {
    let shown = file.display();
    let text = if file == Path::new("-") {
        let mut text = Vec::new();
        io::stdin().read_to_end(&mut text).context("cannot read the event from stdin")?;
        text
    } else {
        fs::read(file).with_context(|| format!("cannot read {shown}"))?
    };
    serde_json::from_slice::<serde::de::IgnoredAny>(&text)
        .with_context(|| format!("the event in {shown} is not JSON"))?;
    Ok(text.into())
}

/// The function with this name, or the only one.
fn function<'a>(functions: &'a [Function], name: Option<&str>) -> Chosen<&'a Function> {
    let names = || functions.iter().map(Function::user_name).collect::<Vec<_>>().join(", ");
    match (name, functions) {
        (Some(name), _) => functions
            .iter()
            .find(|function| function.has_name(name))
            .ok_or_else(|| format!("there is no function `{name}`, only {}", names())),
        (None, [only]) => Ok(only),
        (None, _) => Err(format!("the app has several functions: name one of {}", names())),
    }
}

/// The schedule with this name, or the only one of the function or of the app. `None`: there is none, and none was
/// named.
fn schedule<'a>(
    schedules: &'a [Schedule],
    functions: &[Function],
    name: Option<&str>,
    function: Option<&str>,
) -> Chosen<Option<&'a Schedule>> {
    let is_of = |schedule: &&Schedule| {
        let mut all = functions.iter().filter(|one| one.function_name == schedule.function);
        function.is_none_or(|name| all.any(|function| function.has_name(name)))
    };
    let list = |all: &[&Schedule]| {
        all.iter().map(|schedule| &*schedule.name).collect::<Vec<_>>().join(", ")
    };
    let candidates: Vec<&Schedule> = schedules.iter().filter(is_of).collect();
    let whose = function.map_or("the app".to_owned(), |name| format!("the function `{name}`"));
    match (name, &candidates[..]) {
        (Some(name), []) => Err(format!("there is no schedule `{name}`: {whose} has no schedules")),
        (Some(name), all) => {
            let found = all.iter().find(|schedule| schedule.name == name).copied();
            let unknown = || format!("there is no schedule `{name}`, only {}", list(all));
            found.map(Some).ok_or_else(unknown)
        }
        (None, [only]) => Ok(Some(only)),
        (None, []) => Ok(None),
        (None, all) => Err(format!("{whose} has several schedules: name one of {}", list(all))),
    }
}

/// Prints the result on stdout, or the error on stderr. `batch` is the event and its messages.
fn print(answer: Answer, batch: Option<(&Bytes, &[String])>) -> Result<ExitCode> {
    let (result, error) = match answer {
        Answer::Result(result, error) => (result, error),
        Answer::Failed(error) => {
            let client::FunctionError { error_type, error_message } = error;
            exit::report(&anyhow::anyhow!(
                "the function failed with {error_type}: {error_message}"
            ));
            return Ok(ExitCode::FAILURE);
        }
    };
    let text = String::from_utf8_lossy(&result);
    if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
        exit::report(&anyhow::anyhow!("the function's result is not JSON: {text}"));
        return Ok(ExitCode::FAILURE);
    }
    writeln!(io::stdout(), "{}", escape::json(&text)).context("cannot write to stdout")?;
    let failed = batch.map(|(event, _)| sqs::failed_messages(event, &result)).unwrap_or_default();
    for position in &failed {
        let body = batch.and_then(|(_, bodies)| bodies.get(*position));
        let body = body.map(String::as_str).unwrap_or_default();
        exit::note(format_args!("message {} failed: {body}", position + 1));
    }
    if let Some(error) = error.as_ref().filter(|_| failed.is_empty()) {
        exit::note(format_args!("the result means an error: {error}"));
    }
    Ok(if error.is_none() && failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
