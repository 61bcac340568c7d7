//! Failures before `lift dev` is ready: one error that names the fix, and exit code 1.

use std::{ffi::OsStr, fs, net::TcpListener, process::Command};

use crate::{
    app::{App, test_function},
    command::{Ended, Lift, wait_until},
};

fn test_function_in_mode(mode: &str) -> Ended {
    Lift::dev(&test_function(), &[("TEST_FUNCTION", OsStr::new(mode))]).ended()
}

#[test]
fn a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nowhere");
    let ended = Lift::dev(&path, &[]).ended();
    ended.failed_with(&["there is no folder", "nowhere", "pass the folder of a cargo package"]);
}

#[test]
fn each_cause_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lift"));
    // Without PATH, it is this folder.
    command.current_dir(folder.path()).args(["dev", "--port", "0"]);
    Lift::of(command).ended().failed_with(&["error: no app in this folder: it has no Cargo.toml"]);
    let command = "true";
    let args = ["dev", "--command", command, "--route", "a", "--env-file", "nofile", "--port", "0"];
    let ended = Lift::with_args(&args).ended();
    assert_eq!(ended.stderr, "error: cannot read nofile: No such file or directory (os error 2)\n");
}

#[test]
fn a_file_instead_of_a_folder_is_an_error() {
    let app = App::new(&[("src/main.rs", "fn main() {}")]);
    Lift::dev(&app.path().join("Cargo.toml"), &[]).ended().failed_with(&["is a file"]);
}

#[test]
fn a_folder_without_a_manifest_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    Lift::dev(folder.path(), &[]).ended().failed_with(&[
        "no app in ",
        "it has no Cargo.toml, template.yaml or serverless.yml",
        "cargo init",
    ]);
    assert_eq!(
        fs::read_dir(folder.path()).expect("readable").count(),
        0,
        "the folder is still empty"
    );
}

#[test]
fn a_package_without_a_binary_is_an_error() {
    let app = App::new(&[("src/lib.rs", "")]);
    Lift::dev(app.path(), &[]).ended().failed_with(&["has no binary", "add src/main.rs"]);
}

#[test]
fn a_package_with_several_binaries_is_an_error() {
    let app = App::new(&[("src/bin/a.rs", "fn main() {}"), ("src/bin/b.rs", "fn main() {}")]);
    Lift::dev(app.path(), &[])
        .ended()
        .failed_with(&["several binaries (a, b)", "`default-run = \"a\"`"]);
}

#[test]
fn a_workspace_without_a_package_is_an_error() {
    let app = App::new(&[]);
    fs::write(app.path().join("Cargo.toml"), "[workspace]\n").expect("written");
    Lift::dev(app.path(), &[]).ended().failed_with(&["workspace without a package of its own"]);
}

#[test]
fn an_invalid_manifest_is_an_error() {
    let app = App::new(&[]);
    fs::write(app.path().join("Cargo.toml"), "[package\n").expect("written");
    let ended = Lift::dev(app.path(), &[]).ended();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("error: cargo cannot read"), "{}", ended.stderr);
}

#[test]
fn a_package_that_does_not_compile_is_an_error() {
    let app = App::new(&[("src/main.rs", "fn main() { let x: u32 = \"no\"; }")]);
    let ended = Lift::dev(app.path(), &[]).ended();
    assert_eq!(ended.status.code(), Some(1));
    let last = ended.stderr.lines().next_back().unwrap_or_default();
    assert!(ended.stderr.contains("mismatched types"), "{}", ended.stderr);
    assert!(last.starts_with("error: `test-function` does not compile"), "{}", ended.stderr);
}

#[test]
fn a_taken_port_is_an_error() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = other.local_addr().expect("bound").to_string();
    let app = App::new(&[("src/main.rs", "this is not even compiled")]);
    let path = app.path().to_str().expect("UTF-8");
    let ended = Lift::with_args(&["dev", path, "--listen", &address]).ended();
    let port = address.rsplit(':').next().unwrap_or_default();
    ended.failed_with(&[&format!("port {port} is taken"), "pass --listen 127.0.0.1:0"]);
    assert!(!app.path().join(".lift").exists(), "no data folder was made");
}

#[test]
fn an_address_of_another_machine_is_an_error() {
    let app = App::new(&[("src/main.rs", "this is not even compiled")]);
    let path = app.path().to_str().expect("UTF-8");
    // An address of a range that is reserved for documentation.
    let args = ["dev", path, "--public", "--listen", "192.0.2.7:3001"];
    Lift::with_args(&args).ended().failed_with(&[
        "192.0.2.7 is not an address of this machine: pass --listen 127.0.0.1:3001",
    ]);
}

#[test]
fn a_data_folder_in_use_is_an_error() {
    let app = App::new(&[("src/main.rs", "fn main() { loop {} }")]);
    let data = app.path().join(".lift");
    let path = app.path().to_str().expect("UTF-8");
    let args = ["dev", path, "--listen", "127.0.0.1:0"];
    let _first = Lift::with_args(&args);
    let marker = data.join("lift-data");
    wait_until("the first one holds the folder", || {
        marker.metadata().is_ok_and(|marker| marker.len() > 0)
    });
    let second = Lift::with_args(&args).ended();
    second.failed_with(&["is in use by another `lift dev`", "--data-dir"]);
}

#[test]
fn a_function_that_exits_at_start_is_an_error() {
    test_function_in_mode("exit").failed_with(&["exit status: 3", "\n  the key is missing"]);
}

#[test]
fn a_function_that_panics_at_start_is_an_error() {
    test_function_in_mode("panic").failed_with(&["exit status: 101", "no such file"]);
}

#[test]
fn a_function_that_reports_an_init_error_is_an_error() {
    test_function_in_mode("init-error").failed_with(&["Config", "no table"]);
}

#[test]
fn a_binary_that_is_not_a_lift_app_is_an_error() {
    test_function_in_mode("not-a-lift-app")
        .failed_with(&["is not a Lift app", "lift_aws::run(app)"]);
}

#[test]
fn a_binary_that_prints_no_description_is_an_error() {
    test_function_in_mode("no-description").failed_with(&["is not a Lift app", "within 10 s"]);
}

#[test]
fn a_binary_that_fails_before_it_describes_itself_is_quoted() {
    test_function_in_mode("no-variable").failed_with(&[
        "(exit status: 1): Error: NotPresent",
        "with_state_from",
        "--env-file",
    ]);
}
