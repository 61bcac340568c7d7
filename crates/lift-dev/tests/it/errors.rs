//! What goes wrong before the ready block: one error that names the fix, and exit code 1.

use std::{ffi::OsStr, fs, net::TcpListener};

use crate::{
    app::{App, tiny},
    command::{Ended, Lift, wait_until},
};

fn tiny_that(todo: &str) -> Ended {
    Lift::dev(&tiny(), &[("TINY", OsStr::new(todo))]).ended()
}

#[test]
fn missing_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nowhere");
    let ended = Lift::dev(&path, &[]).ended();
    ended.failed_with(&["there is no folder", "nowhere", "pass the folder of a cargo package"]);
}

#[test]
fn a_file_instead_of_a_folder() {
    let app = App::new(&[("src/main.rs", "fn main() {}")]);
    Lift::dev(&app.path().join("Cargo.toml"), &[]).ended().failed_with(&["is a file"]);
}

#[test]
fn folder_without_a_manifest() {
    let folder = tempfile::tempdir().expect("a folder");
    Lift::dev(folder.path(), &[]).ended().failed_with(&["no Cargo.toml in", "cargo init"]);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is left there");
}

#[test]
fn package_without_a_binary() {
    let app = App::new(&[("src/lib.rs", "")]);
    Lift::dev(app.path(), &[]).ended().failed_with(&["has no binary", "add src/main.rs"]);
}

#[test]
fn package_with_several_binaries() {
    let app = App::new(&[("src/bin/a.rs", "fn main() {}"), ("src/bin/b.rs", "fn main() {}")]);
    Lift::dev(app.path(), &[])
        .ended()
        .failed_with(&["several binaries (a, b)", "`default-run = \"a\"`"]);
}

#[test]
fn workspace_without_a_package() {
    let app = App::new(&[]);
    fs::write(app.path().join("Cargo.toml"), "[workspace]\n").expect("written");
    Lift::dev(app.path(), &[]).ended().failed_with(&["workspace without a package of its own"]);
}

#[test]
fn broken_manifest() {
    let app = App::new(&[]);
    fs::write(app.path().join("Cargo.toml"), "[package\n").expect("written");
    let ended = Lift::dev(app.path(), &[]).ended();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("error: cargo cannot read"), "{}", ended.stderr);
}

#[test]
fn package_that_does_not_compile() {
    let app = App::new(&[("src/main.rs", "fn main() { let x: u32 = \"no\"; }")]);
    let ended = Lift::dev(app.path(), &[]).ended();
    assert_eq!(ended.status.code(), Some(1));
    let last = ended.stderr.lines().next_back().unwrap_or_default();
    assert!(ended.stderr.contains("mismatched types"), "{}", ended.stderr);
    assert!(last.starts_with("error: `tiny` does not compile"), "{}", ended.stderr);
}

#[test]
fn taken_port() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = other.local_addr().expect("bound").to_string();
    let app = App::new(&[("src/main.rs", "this is not even compiled")]);
    let path = app.path().to_str().expect("UTF-8");
    let ended = Lift::with_args(&["dev", path, "--listen", &address]).ended();
    let port = address.rsplit(':').next().unwrap_or_default();
    ended.failed_with(&[&format!("port {port} is taken"), "pass --listen 127.0.0.1:0"]);
    assert!(!app.path().join(".lift/lock").exists(), "the lock went with lift");
}

#[test]
fn address_of_another_machine() {
    let app = App::new(&[("src/main.rs", "this is not even compiled")]);
    let path = app.path().to_str().expect("UTF-8");
    // Of a block that is kept for documentation.
    let args = ["dev", path, "--public", "--listen", "192.0.2.7:3001"];
    Lift::with_args(&args).ended().failed_with(&[
        "192.0.2.7 is not an address of this machine: pass --listen 127.0.0.1:3001",
    ]);
}

#[test]
fn data_folder_in_use() {
    let app = App::new(&[("src/main.rs", "fn main() { loop {} }")]);
    let data = app.path().join(".lift");
    let path = app.path().to_str().expect("UTF-8");
    let args = ["dev", path, "--listen", "127.0.0.1:0"];
    let _first = Lift::with_args(&args);
    wait_until("the first one holds the folder", || data.join("lock").exists());
    let second = Lift::with_args(&args).ended();
    second.failed_with(&["is in use by another `lift dev`", "--data-dir"]);
}

#[test]
fn function_that_exits_at_start() {
    tiny_that("exit").failed_with(&["exit status: 3", "\n  the key is missing"]);
}

#[test]
fn function_that_panics_at_start() {
    tiny_that("panic").failed_with(&["exit status: 101", "no such file"]);
}

#[test]
fn function_that_reports_an_init_error() {
    tiny_that("init-error").failed_with(&["Config", "no table"]);
}

#[test]
fn binary_that_is_no_lift_app() {
    tiny_that("stranger").failed_with(&["is not a Lift app", "lift_aws::run(app)"]);
}

#[test]
fn binary_that_never_describes_itself() {
    tiny_that("deaf").failed_with(&["is not a Lift app", "within 10 s"]);
}
