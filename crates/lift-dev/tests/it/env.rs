//! `lift env` and `lift send --local` find the app that `lift dev` runs, and pass on what it needs.

use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app::test_function_binary,
    command::{Ended, Lift},
    scenario::value,
};

/// A user with folders, in which nothing but this test runs.
struct User {
    home: TempDir,
}

impl User {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder") }
    }

    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home.path().join(name);
        fs::create_dir_all(&folder).expect("created");
        folder
    }

    /// A command in a folder of the user.
    fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
        command
            .args(args)
            .current_dir(folder)
            .env("XDG_STATE_HOME", self.home.path().join("state"));
        command
    }

    fn run(&self, folder: &Path, args: &[&str]) -> Ended {
        Lift::of(self.command(folder, args)).ended()
    }

    /// Runs a function in the folder, and returns its ready block.
    fn dev(&self, folder: &Path, more: &[&str]) -> (Lift, String) {
        let binary = test_function_binary();
        let args =
            ["dev", ".", "--command", &binary, "--route", "$default", "--listen", "127.0.0.1:0"];
        let lift = Lift::of(self.command(folder, &[&args, more].concat()));
        let block = lift.ready();
        (lift, block)
    }
}

fn port(block: &str) -> &str {
    let address = value(block, "WebSocket").trim_start_matches("ws://127.0.0.1:");
    address.trim_end_matches("/local")
}

#[test]
fn a_program_beside_lift_dev_gets_what_the_functions_have() {
    let user = User::new();
    let (shop, below) = (user.folder("shop"), user.folder("shop/src/bin"));
    fs::write(shop.join("shop.env"), "GREETING=\"it's a \\\"day\\\"\"\n").expect("written");
    let (_lift, block) = user.dev(&shop, &["--env-file", "shop.env"]);

    let json = user.run(&below, &["env", "--format", "json"]);
    let variables: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(variables["AWS_ENDPOINT_URL_DYNAMODB"], value(&block, "DynamoDB"));
    let management = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";
    assert_eq!(variables[management], value(&block, "Management"));
    assert_eq!(variables["AWS_REGION"], "us-east-1");
    assert_eq!(variables["AWS_ACCESS_KEY_ID"], "local");
    assert_eq!(variables["GREETING"], "it's a \"day\"");
    assert!(variables.get("LIFT_MARK_ERRORS").is_none() && variables.get("TZ").is_none());
    assert_eq!(json.stderr, "");

    let mut shell = user.command(&below, &["env"]);
    let program = shell.get_program().to_owned();
    let script = format!("eval \"$({} env)\"; printf %s \"$GREETING\"", program.display());
    shell = {
        let mut sh = Command::new("sh");
        sh.args(["-c", &script]).current_dir(&below);
        sh.env("XDG_STATE_HOME", user.home.path().join("state"));
        sh
    };
    assert_eq!(Lift::of(shell).ended().stdout, "it's a \"day\"\n");

    let script = "echo $AWS_ENDPOINT_URL_DYNAMODB $AWS_PROFILE; exit 7";
    let mut command = user.command(&below, &["env", "--", "sh", "-c", script]);
    command.env("AWS_PROFILE", "work");
    let ended = Lift::of(command).ended();
    assert_eq!(ended.stdout.trim(), value(&block, "DynamoDB"));
    assert_eq!(ended.status.code(), Some(7));

    let script = "echo up; exec sleep 600";
    let waiting = Lift::of(user.command(&below, &["env", "--", "sh", "-c", script]));
    waiting.stdout_until("up");
    waiting.signal("TERM");
    assert_eq!(waiting.ended().status.signal(), Some(15));

    let missing = user.run(&below, &["env", "--", "no-such-program"]);
    assert_eq!(missing.status.code(), Some(127));
    assert!(missing.stderr.ends_with("cannot run no-such-program: there is no such program\n"));
}

#[test]
fn of_several_apps_a_flag_chooses_one() {
    let user = User::new();
    let (one, two, other) = (user.folder("one"), user.folder("two"), user.folder("other"));
    let none = user.run(&other, &["env"]);
    none.failed_with(&["no `lift dev` is found: start it in another terminal"]);
    let (first, block) = user.dev(&one, &[]);
    let only = user.run(&other, &["env", "--format", "json"]);
    assert!(only.stdout.contains(value(&block, "DynamoDB")), "{only:?}");
    assert!(
        only.stderr.contains(&format!("for the app on port {} (one in ", port(&block))),
        "{only:?}"
    );

    // It finds the app by itself.
    let connected = user.run(&other, &["connect", "--wait", "0"]);
    assert!(connected.stderr.contains(value(&block, "WebSocket")), "{connected:?}");

    let (_second, block_two) = user.dev(&two, &["--data-dir", "../data"]);
    let (port_one, port_two) = (port(&block), port(&block_two));
    let names = [&*format!("{port_one} (one in "), &*format!("{port_two} (two in ")];
    user.run(&other, &["env"]).failed_with(&["several `lift dev` run: choose one by --port"]);
    user.run(&other, &["env"]).failed_with(&names);
    user.run(&other, &["connect"]).failed_with(&["several `lift dev` run: choose one by a URL"]);
    user.run(&other, &["send", "--local", "--tenant", "a", "hi"])
        .failed_with(&["several `lift dev` run: choose one by --local=PORT"]);
    for args in [&["env", "--port", port_two][..], &["env", "--data-dir", "../data"]] {
        let found = user.run(&other, args);
        assert!(found.stdout.contains(value(&block_two, "DynamoDB")), "{found:?}");
        assert_eq!(found.stderr, "");
    }
    // In a folder of an app, that app.
    let here = user.run(&one, &["env"]);
    assert!(here.stdout.contains(value(&block, "DynamoDB")), "{here:?}");
    user.run(&one, &["env", "--port", "1"])
        .failed_with(&["no `lift dev` is found on port 1; these run, by their ports: "]);

    // One that was killed is not found, although its files are still there.
    first.signal("KILL");
    first.ended();
    let left = user.run(&one, &["env"]);
    assert!(left.stdout.contains(value(&block_two, "DynamoDB")), "{left:?}");
}
