//! Which output is a description, and how a plan uses it.

use std::{os::unix::process::ExitStatusExt as _, process::ExitStatus};

use lift_ws::describe::Description;

use super::{parse, table_variable};
use crate::dev::{
    plan::{ApiPlan, RoutePlan},
    program::executable::Executable,
};

fn check(stdout: &str) -> Result<Description, String> {
    check_with(ExitStatus::default(), stdout, "what happened\n")
}

fn check_with(status: ExitStatus, stdout: &str, stderr: &str) -> Result<Description, String> {
    let chat = Executable { program: "/bin/chat".into(), args: Vec::new(), folder: "/".into() };
    parse(&chat, status, stdout, stderr).map_err(|error| format!("{error:#}"))
}

#[test]
fn routes() {
    let text = r#"{"version":1,"later":{},"routes":[{"key":"$connect","two_way":true,"x":1},{"key":"say"}],"tables":[{"env":"A","kind":"cache"},{"env":"B","kind":"connections"}],"settings":{"selection":"$request.body.type","x":[]}}"#;
    let description = check(text).expect("a description");
    let routes: Vec<_> =
        description.routes.iter().map(|route| (&*route.key, route.two_way)).collect();
    assert_eq!(routes, [("$connect", true), ("say", false)]);
    assert_eq!(table_variable(&description), Some("B"));
    assert_eq!(description.settings.selection, "$request.body.type");
    assert!(check(&format!("hello from main\n{text}\n")).is_ok());
}

#[test]
fn the_description_fills_gaps_of_the_plan() {
    let fill = |plan: ApiPlan, settings: &str| {
        let routes = r#"[{"key":"say","two_way":true},{"key":"ask"}]"#;
        let text = format!(r#"{{"version":1,"routes":{routes},"settings":{settings}}}"#);
        let mut plan = plan;
        plan.add_description(0, check(&text)?).map_err(|error| format!("{error:#}"))?;
        Ok::<_, String>(plan)
    };
    let expression = |text: &str| Some(text.parse().expect("an expression"));
    let said = fill(ApiPlan::default(), r#"{"selection":"$request.body.type"}"#).expect("a plan");
    assert_eq!(said.selection, expression("$request.body.type"));
    let keys = |plan: &ApiPlan| {
        let route = |route: &RoutePlan| (route.key.clone(), route.two_way, route.function);
        plan.routes.iter().map(route).collect::<Vec<_>>()
    };
    assert_eq!(keys(&said), [("say".to_owned(), true, 0), ("ask".to_owned(), false, 0)]);

    let say = RoutePlan { key: "say".to_owned(), two_way: false, function: 1, models: None };
    let selection = expression("$request.body.kind");
    let plan = ApiPlan { selection, routes: vec![say], ..ApiPlan::default() };
    let both = fill(plan, r#"{"selection":"$request.body.type"}"#).expect("a plan");
    assert_eq!(both.selection, expression("$request.body.kind"));
    assert_eq!(keys(&both), [("say".to_owned(), false, 1), ("ask".to_owned(), false, 0)]);

    let wrong = fill(ApiPlan::default(), r#"{"selection":"$request.header.x"}"#);
    let error = wrong.expect_err("is no selection");
    assert!(error.contains("the app's route selection: `$request.header.x`"), "{error}");
}

#[test]
fn another_version() {
    let error = check(r#"{"version":2,"routes":{}}"#).expect_err("of the future");
    assert!(error.contains("version 2") && error.contains("same release"), "{error}");
}

#[test]
fn no_description() {
    for stdout in ["", "hello\n", "{}", r#"{"version":"1"}"#] {
        let error = check(stdout).expect_err(stdout);
        assert!(error.contains("not a Lift app"), "{error}");
        assert!(error.contains("lift_aws::run(app)"), "{error}");
        assert!(error.ends_with("\n  what happened"), "{error}");
    }
    assert!(check(r#"{"version":1,"routes":3}"#).is_err());
    let empty = check(r#"{"version":1}"#).expect("empty");
    assert_eq!(table_variable(&empty), None);
}

#[test]
fn a_program_that_fails_first_is_quoted() {
    let failed = |stderr: &str| {
        check_with(ExitStatus::from_raw(1 << 8), "", stderr).expect_err("no description")
    };
    let error = failed("Error: environment variable not found\n");
    let start = "`/bin/chat` stopped before it described itself (exit status: 1): Error: environment \
                 variable not found\n";
    assert!(error.starts_with(start), "{error}");
    for word in ["App::with_state_from", "--env-file", "--route"] {
        assert!(error.contains(word), "{error}");
    }
    assert!(!error.contains("is not a Lift app"), "{error}");

    let panic = "thread 'main' panicked at src/main.rs:3:9:\nno such table\n\
                 note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
    let error = failed(panic);
    assert!(error.contains("(exit status: 1): no such table\n"), "{error}");
    assert!(error.contains("\n  thread 'main' panicked at src/main.rs:3:9:"), "{error}");
    assert!(failed("").contains("it wrote nothing to stderr"));
}
