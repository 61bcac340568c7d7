//! Tables that an app declares: `lift dev` makes them in the data folder, and `lift table --all` anywhere
//! else. The app is a program that prints a description from a file.

use std::{ffi::OsStr, fs};

use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    app::App,
    command::{Ended, Lift},
};

/// A function with only std: it describes itself, or says which table it has and asks for an event.
const MAIN: &str = r#"
fn main() {
    if std::env::var_os("LIFT_DESCRIBE").is_some() {
        println!("{}", include_str!("description.json"));
        return;
    }
    eprintln!("PRICES_TABLE is {}", std::env::var("PRICES_TABLE").unwrap_or_default());
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = std::net::TcpStream::connect(&api).unwrap();
    let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {api}\r\n\r\n");
    std::io::Write::write_all(&mut stream, next.as_bytes()).unwrap();
    std::io::Read::read_to_end(&mut stream, &mut Vec::new()).unwrap();
}
"#;

const DESCRIPTION: &str = "src/description.json";

/// The description of an app with connections and one table of its own.
fn description(layout: &Value) -> String {
    let prices = json!({"kind": "app", "env": "PRICES_TABLE", "name": "prices", "layout": layout});
    let later = json!({"kind": "of a later release", "env": "LATER"});
    json!({
        "version": 1,
        "routes": [{"key": "say"}],
        "tables": [{"kind": "connections", "env": "LIFT_TABLE"}, prices, later],
    })
    .to_string()
}

fn keyed_by(name: &str) -> Value {
    json!({"partition_key": {"name": name, "type": "S"}, "time_to_live": "expires"})
}

fn with_index() -> Value {
    let mut layout = keyed_by("item");
    let bidder = json!({"name": "bidder", "type": "S"});
    layout["indexes"] = json!([{"name": "by_bidder", "partition_key": bidder, "projected": "all"}]);
    layout["stream"] = "NEW_IMAGE".into();
    layout
}

fn app(layout: &Value) -> App {
    App::new(&[("src/main.rs", MAIN), (DESCRIPTION, &description(layout))])
}

/// `lift table` at an endpoint.
fn table(endpoint: &str, args: &[&str], variables: &[(&str, &OsStr)]) -> Ended {
    let args: Vec<&str> =
        ["table"].iter().chain(args).chain(&["--endpoint-url", endpoint]).copied().collect();
    Lift::with_variables(&args, variables).ended()
}

#[test]
fn lift_dev_makes_the_tables_and_adds_what_a_change_declares() {
    let app = app(&keyed_by("item"));
    let lift = Lift::dev(app.path(), &[]);
    let block = lift.ready();
    let names = "(tables test-function-prices, test-function-connections)";
    assert!(block.contains(names), "{block}");
    lift.wait_for_line("PRICES_TABLE is test-function-prices");
    let endpoint = block.split_whitespace().skip_while(|word| *word != "DynamoDB").nth(1);
    let endpoint = endpoint.expect("a URL");
    let describe = || {
        let args = ["describe", "--table", "test-function-prices", "--json"];
        let text = table(endpoint, &args, &[]).stdout;
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let first = describe();
    assert_eq!((&first["keys"][0]["name"], &first["indexes"]), (&json!("item"), &json!([])));
    assert_eq!(first["expiry"]["attribute"], "expires");

    let save = |layout: &Value| {
        fs::write(app.path().join(DESCRIPTION), description(layout)).expect("written");
    };
    save(&with_index());
    lift.wait_for_line("the table test-function-prices has now: the index by_bidder, the stream");
    lift.wait_for_line("reloaded test-function in ");
    let second = describe();
    assert_eq!(
        (&second["indexes"][0]["name"], &second["stream"]),
        (&json!("by_bidder"), &json!("NEW_IMAGE"))
    );

    save(&keyed_by("sku"));
    let lines = lift.lines_until("still running the previous build: ").join("\n");
    for part in [
        "its key is item (HASH, S), not sku (HASH, S)",
        "in the data folder, the table test-function-prices does not fit: ",
        "start with PRICES_TABLE=test-function-prices-2 in the environment",
        &format!("`lift table delete --table test-function-prices --endpoint-url {endpoint}`"),
    ] {
        assert!(lines.contains(part), "no {part:?} in {lines}");
    }
    assert_eq!(describe(), second, "nothing is deleted");
}

#[test]
fn a_variable_that_is_set_names_the_table() {
    let app = app(&keyed_by("item"));
    let lift = Lift::dev(app.path(), &[("PRICES_TABLE", "old-prices".as_ref())]);
    let block = lift.ready();
    assert!(block.contains("(tables old-prices, test-function-connections)"), "{block}");
    lift.wait_for_line("PRICES_TABLE is old-prices");
}

#[test]
fn all_tables_of_an_app_are_created_updated_and_checked() {
    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let database = dynoxide::Database::memory().expect("a database in memory");
    let forever = std::future::pending();
    runtime.spawn(dynoxide::server::serve_with_shutdown(listener, database, forever));

    let first = app(&keyed_by("item"));
    let path = first.path().to_str().expect("UTF-8");
    let run = |command: &str, path: &str, args: &[&str], variables: &[(&str, &OsStr)]| {
        table(&endpoint, &[&[command, "--all", path], args].concat(), variables)
    };
    let missing = run("check", path, &["--json"], &[]);
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    let checks: Value = serde_json::from_str(&missing.stdout).expect("JSON");
    assert_eq!(checks[1]["table"], "test-function-prices");
    assert_eq!(checks[1]["differences"][0]["kind"], "no_table");

    let prefix = ["--prefix", "auction-1"];
    let lift_table: [(&str, &OsStr); 1] = [("LIFT_TABLE", "mine".as_ref())];
    let created = run("create", path, &prefix, &lift_table);
    let expected = "The table mine is created.\n\
                    The table auction-1-prices is created.\n\
                    Set these variables of the function:\n  PRICES_TABLE=auction-1-prices\n";
    assert_eq!((created.status.code(), &*created.stdout), (Some(0), expected), "{created:?}");
    let again = run("create", path, &prefix, &lift_table);
    assert!(again.stdout.contains("The table auction-1-prices exists and fits.\n"), "{again:?}");

    let later = app(&with_index());
    let path = later.path().to_str().expect("UTF-8");
    let differs = run("check", path, &prefix, &lift_table);
    let text = "The table auction-1-prices does not fit:\n  - the index by_bidder is missing";
    assert_eq!(differs.status.code(), Some(1), "{differs:?}");
    assert!(differs.stdout.contains(text), "{differs:?}");
    let updated = run("create", path, &prefix, &lift_table);
    let text = "The table auction-1-prices exists; added: the index by_bidder, the stream.\n";
    assert!(updated.stdout.contains(text), "{updated:?}");
    assert_eq!(run("check", path, &prefix, &lift_table).status.code(), Some(0));

    let other = app(&keyed_by("sku"));
    let other = run("create", other.path().to_str().expect("UTF-8"), &prefix, &lift_table);
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    let text = "its key is item (HASH, S), not sku (HASH, S): create another table";
    assert!(other.stderr.contains(text), "{other:?}");
}

#[test]
fn all_takes_no_name_and_a_path_needs_all() {
    for wrong in
        [&["--all", "--table", "abc"][..], &["."], &["--prefix", "abc", "--table", "abc"], &[]]
    {
        let ended = table("http://127.0.0.1:1", &[&["create"], wrong].concat(), &[]);
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    }
}
