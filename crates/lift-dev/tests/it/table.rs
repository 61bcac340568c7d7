//! `lift table` against the embedded database: results on stdout, the rest on stderr, exit codes.

use std::{ffi::OsStr, path::Path};

use tokio::{net::TcpListener, runtime::Runtime};

use crate::command::{Ended, Lift};

/// An embedded DynamoDB (dynoxide) on a free port, and `lift` with an empty environment.
struct Database {
    url: String,
    _runtime: Runtime,
}

impl Database {
    fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let database = dynoxide::Database::memory().expect("a database in memory");
        let forever = std::future::pending();
        runtime.spawn(dynoxide::server::serve_with_shutdown(listener, database, forever));
        Self { url, _runtime: runtime }
    }

    fn lift(&self, args: &[&str]) -> Ended {
        let args: Vec<&str> =
            ["table"].iter().chain(args).chain(&["--endpoint-url", &self.url]).copied().collect();
        Lift::alone(&args, &[]).ended()
    }

    #[track_caller]
    fn succeeds(&self, args: &[&str]) -> Ended {
        let ended = self.lift(args);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        ended
    }
}

#[test]
fn a_table_is_created_checked_described_and_deleted() {
    let database = Database::start();
    let table = ["--table", "chat-connections"];
    let [create, check, describe] =
        ["create", "check", "describe"].map(|c| [c, table[0], table[1]]);

    let created = database.succeeds(&create);
    assert_eq!(created.stdout, "The table chat-connections is created.\n");
    let steps: Vec<&str> = created.stderr.lines().collect();
    assert_eq!(
        steps,
        [
            &format!("looking for the table chat-connections at {} ...", database.url),
            "creating the table ...",
            "waiting until it is active ...",
            "turning time to live on ...",
        ]
    );
    assert_eq!(database.succeeds(&create).stdout, "The table chat-connections exists and fits.\n");
    let checked = database.succeeds(&check);
    assert_eq!((&*checked.stdout, &*checked.stderr), ("The table chat-connections fits.\n", ""));
    let described = database.succeeds(&describe).stdout;
    assert!(described.contains("Index gsi2           gsi2pk (HASH, S)"), "{described}");

    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(&database.succeeds(args).stdout).expect("JSON")
    };
    let checked = json(&[&check[..], &["--json", "--streams"]].concat());
    assert_eq!((&checked["fits"], &checked["table"]), (&true.into(), &"chat-connections".into()));
    let described = json(&[&describe[..], &["--json"]].concat());
    assert_eq!(described["stream"], "NEW_AND_OLD_IMAGES");

    let delete = ["delete", table[0], table[1]];
    let asked = database.lift(&delete);
    assert_eq!((asked.status.code(), &*asked.stdout), (Some(2), ""), "{asked:?}");
    assert!(asked.stderr.contains("pass --yes to delete the table"), "{asked:?}");
    database.succeeds(&describe);
    let deleted = database.succeeds(&[&delete[..], &["--yes"]].concat());
    assert_eq!(deleted.stdout, "The table chat-connections is deleted.\n");
    let fix = "`lift table create --table chat-connections --endpoint-url http://127.0.0.1:";
    database.lift(&describe).failed_with(&["there is no table chat-connections", fix]);
}

#[test]
fn a_table_that_differs_gives_exit_code_1_and_the_differences_on_stdout() {
    let database = Database::start();
    database.succeeds(&["create", "--table", "abc", "--no-streams", "--deletion-protection"]);
    let checked = database.succeeds(&["check", "--table", "abc"]);
    assert!(
        checked.stdout.starts_with(
            "The table abc fits.\n  note: for an app that reads the stream: the stream is off"
        ),
        "{checked:?}"
    );
    let differs = database.lift(&["check", "--table", "abc", "--streams"]);
    assert_eq!((differs.status.code(), &*differs.stderr), (Some(1), ""));
    let text = &differs.stdout;
    assert!(text.starts_with("The table abc does not fit:\n  - the stream is off: `aws"), "{text}");
    let differs = database.lift(&["check", "--table", "abc", "--streams", "--json"]);
    assert_eq!(differs.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_str(&differs.stdout).expect("JSON");
    assert_eq!((&json["fits"], &json["differences"][0]["kind"]), (&false.into(), &"stream".into()));

    database
        .lift(&["delete", "--table", "abc", "--yes"])
        .failed_with(&["protected from deletion", "--no-deletion-protection-enabled"]);
}

#[test]
fn options_that_an_existing_table_lacks_give_a_note() {
    let database = Database::start();
    let limited = ["create", "--table", "abc", "--max-writes", "100", "--tag", "team=chat"];
    assert_eq!(database.succeeds(&limited).stdout, "The table abc is created.\n");
    assert_eq!(database.succeeds(&limited).stdout, "The table abc exists and fits.\n");
    let other = database.succeeds(&["create", "--table", "abc", "--max-writes", "50"]);
    assert!(other.stdout.contains("note: the limits are others"), "{other:?}");
}

#[test]
fn the_environment_sets_the_endpoint_of_the_table() {
    let database = Database::start();
    database.succeeds(&["create", "--table", "abc"]);
    let check = ["table", "check", "--table", "abc"];
    for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"] {
        let ended = Lift::alone(&check, &[(name, OsStr::new(&database.url))]).ended();
        assert_eq!(ended.status.code(), Some(0), "{name}: {ended:?}");
    }
    let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|n| (n, OsStr::new("x")));
    let endpoint = ("AWS_ENDPOINT_URL_DYNAMODB", OsStr::new(&database.url));
    for credentials in [&[id][..], &[id, secret]] {
        let ended = Lift::alone(&check, &[&[endpoint][..], credentials].concat()).ended();
        assert_eq!(ended.status.code(), Some(0), "{credentials:?}: {ended:?}");
    }
}

#[test]
fn an_error_is_one_line_with_the_fix() {
    let check = |more: &[&str]| {
        let args = [&["table", "check", "--table", "abc"], more].concat();
        let variables = [("AWS_EC2_METADATA_DISABLED", OsStr::new("true"))];
        let ended = Lift::alone(&args, &variables).ended();
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        ended
    };
    check(&["--endpoint-url", "http://127.0.0.1:9"])
        .failed_with(&["cannot connect to http://127.0.0.1:9: is it running?"]);
    check(&["--endpoint-url", "127.0.0.1:9"])
        .failed_with(&["127.0.0.1:9 is not the URL of an endpoint, such as http://"]);
    check(&[]).failed_with(&["no AWS region is named: pass --region, or set AWS_REGION"]);
    check(&["--region", "eu-west-1"])
        .failed_with(&["no AWS credentials are found: set AWS_PROFILE"]);
}

#[test]
fn an_unsupported_profile_gives_an_error_with_the_command_to_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config");
    let profile = "[profile p]\nregion = eu-west-1\ncredential_process = /bin/false\n";
    std::fs::write(&file, profile).expect("written");
    let variables = [("AWS_CONFIG_FILE", file.as_os_str()), ("AWS_PROFILE", OsStr::new("p"))];
    let ended = Lift::alone(&["table", "check", "--table", "abc"], &variables).ended();
    ended.failed_with(&["eval \"$(aws configure export-credentials --format env)\""]);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for args in [
        &["table"][..],
        &["table", "check"],
        &["table", "check", "--table", "a b"],
        &["table", "create", "--table", "abc", "--tag", "team"],
        &["table", "create", "--table", "abc", "--max-reads", "0"],
    ] {
        let ended = Lift::alone(args, &[]).ended();
        assert_eq!((ended.status.code(), &*ended.stdout), (Some(2), ""), "{ended:?}");
    }
}

#[test]
fn help_gives_examples() {
    let help = Lift::alone(&["table", "--help"], &[]).ended().stdout;
    for part in ["create", "describe", "check", "delete", "Examples:\n  lift table create --table"]
    {
        assert!(help.contains(part), "no {part:?} in {help}");
    }
}

#[test]
fn the_table_in_the_ready_block_of_lift_dev_passes_the_check() {
    let chat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/chat");
    let dev = Lift::dev_in_workspace::<&str>(&chat, &[]);
    let block = dev.ready();
    let line = block.lines().find_map(|line| line.trim().strip_prefix("DynamoDB")).expect("a line");
    let (url, table) = line.trim().split_once("   (table ").expect("a table");
    let table = table.trim_end_matches(')');
    let args = ["table", "check", "--table", table, "--endpoint-url", url];
    let checked = Lift::alone(&args, &[]).ended();
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    assert!(
        checked.stdout.contains("note: for an app that reads the stream: the stream is off"),
        "{checked:?}"
    );
}
