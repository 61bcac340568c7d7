//! What is taken for a description.

use std::path::Path;
use std::process::ExitStatus;

use super::{Description, Route, understand};

fn check(stdout: &str) -> Result<Description, String> {
    understand(Path::new("/bin/chat"), ExitStatus::default(), stdout, "what happened\n")
        .map_err(|error| format!("{error:#}"))
}

#[test]
fn routes() {
    let text = r#"{"version":1,"later":{},"routes":[{"key":"$connect","two_way":true,"x":1},{"key":"say"}],"tables":[{"env":"A","kind":"cache"},{"env":"B","kind":"connections"}],"settings":{"selection":"$request.body.type","x":[]}}"#;
    let routes = vec![
        Route { key: "$connect".to_owned(), two_way: true },
        Route { key: "say".to_owned(), two_way: false },
    ];
    let description = check(text).expect("a description");
    assert_eq!(description.routes, routes);
    assert_eq!(description.table_variable(), Some("B"));
    assert_eq!(description.settings.selection.as_deref(), Some("$request.body.type"));
    assert!(check(&format!("hello from main\n{text}\n")).is_ok());
}

#[test]
fn the_gateway_selects_as_the_app_says() {
    let of = |settings: &str| {
        let text = format!(r#"{{"version":1,"routes":[{{"key":"say"}}],"settings":{settings}}}"#);
        crate::dev::routes(check(&text)?).map_err(|error| format!("{error:#}"))
    };
    let routes = |expression: &str| {
        let selection = expression.parse().expect("an expression");
        lift_gateway::Routes::new(selection).with_route("say", false)
    };
    let same = |settings: &str, expression: &str| {
        let of = of(settings).expect("routes");
        assert_eq!(format!("{of:?}"), format!("{:?}", routes(expression)));
    };
    same(r#"{"selection":"$request.body.type"}"#, "$request.body.type");
    same("{}", "$request.body.action");
    let error = of(r#"{"selection":"$request.header.x"}"#).expect_err("is none");
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
    assert_eq!(check(r#"{"version":1}"#).expect("empty").table_variable(), None);
}
