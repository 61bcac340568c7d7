//! The data folder: Lift uses only its own folder, and does not change files that it did not create.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    app::{App, test_function},
    command::{Lift, wait_until},
};

/// The start of the marker.
const MARKER: &str = "This folder belongs to `lift dev`";

/// Arguments of a `lift dev` that builds nothing.
const NO_BUILD: [&str; 7] = [
    "dev",
    "--function-url=http://127.0.0.1:9",
    "--two-way=$default",
    "--listen=127.0.0.1:0",
    "--log=off",
    "--no-inspector",
    "--data-dir",
];

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

fn lift(data: &Path) -> Lift {
    Lift::with_args(&[&NO_BUILD.map(OsStr::new)[..], &[data.as_os_str()]].concat())
}

/// Runs `lift dev` until it is ready, and stops it.
fn run(data: &Path) {
    let lift = lift(data);
    lift.ready();
    stop(lift);
}

fn stop(lift: Lift) {
    lift.signal("TERM");
    let ended = lift.ended();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    fs::write(path, text).expect("written");
}

/// Returns all entries below a folder: the contents of files, the targets of links.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("readable").flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("a kind"));
        let content = if kind.is_dir() {
            found.extend(tree(&path));
            Vec::new()
        } else if kind.is_symlink() {
            fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
        } else {
            fs::read(&path).expect("readable")
        };
        found.insert(path, content);
    }
    found
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("it exists").permissions().mode() & 0o777
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("readable").flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The folders of earlier runs.
fn runs(data: &Path) -> Vec<PathBuf> {
    let names = names(data).into_iter().filter(|name| name.starts_with("lift-run-"));
    names.map(|name| data.join(name)).collect()
}

#[test]
fn a_folder_with_other_files_is_refused_and_not_changed() {
    let old = ("*\n", "a folder of an older version, but for one file");
    let cases: &[&[(&str, &str)]] = &[
        &[("programs/important/x", "precious")],
        &[("Cargo.toml", "[package]"), ("programs/abcdef/x", "precious")],
        &[("dynamodb.db", "precious")],
        &[("lock", "")],
        &[("chat.env", "KEY=1")],
        &[(".gitignore", "*\n!x\n"), ("dynamodb.db", "")],
        &[(".gitignore", old.0), ("dynamodb.db", ""), ("notes.txt", old.1)],
        &[(".gitignore", old.0), ("lock/x", old.1)],
        &[("lift-data", "mine"), ("x", "precious")],
        &[("lift-data", ""), ("x", "precious")],
        &[("lift-run-abcdef/lift-files", "0/x\n"), ("lift-run-abcdef/0/x", "precious")],
    ];
    for case in cases {
        let data = folder();
        for (name, text) in *case {
            write(&data.path().join(name), text);
        }
        let before = tree(data.path());
        let parts = ["has files that are not Lift's", "pass --data-dir with an empty folder"];
        lift(data.path()).ended().failed_with(&parts);
        assert_eq!(tree(data.path()), before, "{case:?}");
    }
}

#[test]
fn links_are_not_followed_out_of_the_folder() {
    let project = folder();
    write(&project.path().join("x"), "precious");
    let before = tree(project.path());
    let links = folder();

    // The data folder is a link to a project.
    let link = links.path().join("data");
    symlink(project.path(), &link).expect("linked");
    lift(&link).ended().failed_with(&["has files that are not Lift's, such as x"]);

    // The names of Lift's files are links to files of a project.
    for (name, ignored) in [("lift-data", false), ("dynamodb.db", true), ("programs", true)] {
        let data = links.path().join(name);
        fs::create_dir(&data).expect("created");
        symlink(project.path().join("x"), data.join(name)).expect("linked");
        if ignored {
            write(&data.join(".gitignore"), "*\n");
        }
        lift(&data).ended().failed_with(&["has files that are not Lift's"]);
    }
    for name in ["dynamodb.db", "dynamodb.db-wal", "dynamodb.db-shm"] {
        let data = links.path().join(format!("marked-{name}"));
        write(&data.join("lift-data"), MARKER);
        symlink(project.path().join("x"), data.join(name)).expect("linked");
        lift(&data).ended().failed_with(&[name, "is not a regular file"]);
    }

    // A killed run has links in its list and in its folder.
    let data = links.path().join("killed");
    write(&data.join("lift-data"), MARKER);
    let path = project.path().join("x");
    let list = format!("{}\n../../x\n1/../../x\n1/x\n2/x\n", path.display());
    write(&data.join("lift-run-abcdef/lift-files"), &list);
    symlink(project.path(), data.join("lift-run-abcdef/1")).expect("linked");
    write(&data.join("lift-run-abcdef/2/y"), "precious");
    symlink(&path, data.join("lift-run-abcdef/2/x")).expect("linked");
    symlink(project.path(), data.join("lift-run-ghijkl")).expect("linked");
    write(&links.path().join("x"), "precious");
    run(&data);
    assert!(data.join("lift-run-abcdef/2/y").exists());
    assert!(links.path().join("x").exists());
    assert_eq!(tree(project.path()), before);
}

#[test]
fn a_path_that_is_not_a_folder_is_refused() {
    let folder = folder();
    let file = folder.path().join("file");
    write(&file, "precious");
    lift(&file).ended().failed_with(&["is not a folder: pass a folder as --data-dir"]);
    lift(&file.join("below")).ended().failed_with(&["cannot create the data folder"]);
    assert_eq!(fs::read_to_string(&file).expect("readable"), "precious");
    // A `~` that the shell does not expand, as in `--data-dir=~/chat`.
    lift(Path::new("~/chat")).ended().failed_with(&["a folder with the name `~`", "whole path"]);
    assert!(!Path::new("~").exists());
}

#[test]
fn files_next_to_the_marker_are_kept_after_stops_kills_and_starts() {
    let root = folder();
    let data = root.path().join("data");
    run(&data);
    let ours = tree(&data);
    for name in [
        "notes.txt",
        "lock",
        "bootstrap.mjs",
        "mine.env",
        "programs/abcdef/x",
        "inline/chat/index.py",
        "lift-run-mine/0/x",
        "nested/x",
    ] {
        write(&data.join(name), "precious");
    }
    fs::write(data.join(".gitignore"), "mine\n").expect("written");
    let theirs: BTreeMap<_, _> = tree(&data)
        .into_iter()
        .filter(|(path, text)| {
            ours.get(path) != Some(text) && path.file_name() != Some("lift-data".as_ref())
        })
        .collect();
    assert_eq!(theirs.values().filter(|text| *text == b"precious").count(), 8);
    let unchanged = || {
        let now = tree(&data);
        for (path, text) in &theirs {
            assert_eq!(now.get(path), Some(text), "{}", path.display());
        }
    };

    // A run of a package copies programs. It is killed, and the user has a file in its folder.
    let args = [OsStr::new("dev"), test_function().as_os_str(), OsStr::new("--listen=127.0.0.1:0")]
        .map(OsStr::to_owned);
    let data_arg = [OsStr::new("--data-dir").to_owned(), data.as_os_str().to_owned()];
    let args = [&args[..], &data_arg].concat();
    let killed = Lift::with_args(&args);
    killed.ready();
    unchanged();
    killed.signal("KILL");
    killed.ended();
    let left: Vec<_> =
        runs(&data).into_iter().filter(|run| !run.ends_with("lift-run-mine")).collect();
    let [left] = &left[..] else { panic!("one run was killed: {left:?}") };
    let copies = tree(left).into_keys().filter(|path| path.ends_with("test-function"));
    let copies: Vec<_> = copies.collect();
    let [program] = &copies[..] else { panic!("one program was copied: {copies:?}") };
    let program = program.clone();
    write(&left.join("mine"), "precious");
    write(&left.join("0/mine"), "precious");

    // The next run removes Lift's files, at its start and at its end.
    let next = Lift::with_args(&args);
    next.ready();
    assert!(!program.exists());
    stop(next);
    unchanged();
    assert_eq!(names(left), ["0", "mine"]);
    assert_eq!(names(&left.join("0")), ["mine"]);
    assert_eq!(runs(&data).len(), 2, "{:?}", runs(&data));

    // A nested data folder is treated like a file of the user.
    let nested = data.join("nested/data");
    run(&nested);
    run(&data);
    assert!(nested.join("dynamodb.db").is_file());
    unchanged();

    // The variables for a debugger do not replace a file of the user.
    let mine = root.path().join("mine");
    fs::create_dir(&mine).expect("created");
    let attach = ["dev", "--attach=127.0.0.1:0", "--two-way=$default", "--listen=127.0.0.1:0"];
    let args = [&attach.map(Into::into)[..], &[mine.into_os_string()], &data_arg].concat();
    Lift::with_args(&args).ended().failed_with(&["mine.env exists", "move it to another folder"]);
    unchanged();
}

#[test]
fn a_folder_of_an_older_version_is_adopted() {
    let root = folder();
    let data = root.path().join("data");
    run(&data);
    // The files that an older version leaves after a crash.
    for name in ["lift-data", "lift-gateway.pem", "lift-gateway-key.pem"] {
        fs::remove_file(data.join(name)).expect("removed");
    }
    for (name, text) in [
        (".gitignore", "*\n"),
        ("lock", ""),
        ("bootstrap.mjs", "//"),
        ("chat.env", "A=1\n"),
        ("programs/Ab3dE9/chat", "program"),
        ("inline/chat/index.js", "//"),
    ] {
        write(&data.join(name), text);
    }
    let database = data.join("dynamodb.db");
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).expect("set");
    let before = tree(&data);
    // The older version still uses the folder.
    let lock = fs::File::open(data.join("lock")).expect("there");
    lock.lock().expect("locked");
    lift(&data).ended().failed_with(&["is in use by another `lift dev`"]);
    drop(lock);
    assert!(!data.join("lift-data").exists());

    run(&data);
    let mut after = tree(&data);
    let marker = after.remove(&data.join("lift-data")).expect("the marker");
    assert!(marker.starts_with(MARKER.as_bytes()));
    for name in ["lift-gateway.pem", "lift-gateway-key.pem"] {
        assert!(after.remove(&data.join(name)).expect("made").starts_with(b"Made by `lift dev`"));
    }
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(mode(&database), 0o600);
}

#[test]
fn only_the_owner_can_read_the_data_with_any_umask() {
    for umask in ["000", "077", "777"] {
        let root = folder();
        let data = root.path().join("data");
        let mut command = Command::new("sh");
        command.args(["-c", "umask $0 && exec \"$@\"", umask]);
        command.arg(env!("CARGO_BIN_EXE_lift")).args(NO_BUILD).arg(&data);
        let lift = Lift::of(command);
        lift.ready();
        assert_eq!(mode(&data), 0o700, "umask {umask}");
        assert_eq!(fs::read_to_string(data.join(".gitignore")).expect("readable"), "*\n");
        let mut seen = 0;
        for name in names(&data) {
            let expected = if name.starts_with("lift-run-") { 0o700 } else { 0o600 };
            assert_eq!(mode(&data.join(&name)), expected, "{name}, umask {umask}");
            seen += usize::from(name.starts_with("dynamodb.db"));
        }
        assert_eq!(seen, 3, "the database, its log and its index");
        stop(lift);
    }
}

#[test]
fn an_empty_folder_of_the_user_is_used_and_keeps_its_mode() {
    let data = folder();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o750)).expect("set");
    run(data.path());
    let own = ["dynamodb.db", "lift-data", "lift-gateway-key.pem", "lift-gateway.pem"];
    assert_eq!(names(data.path()), own);
    assert_eq!(mode(data.path()), 0o750);
    // The same after a start that was killed before it wrote the marker.
    for name in ["dynamodb.db", "lift-gateway.pem", "lift-gateway-key.pem"] {
        fs::remove_file(data.path().join(name)).expect("removed");
    }
    fs::write(data.path().join("lift-data"), &MARKER[..7]).expect("written");
    run(data.path());
    assert!(fs::read_to_string(data.path().join("lift-data")).expect("text").starts_with(MARKER));
}

#[test]
fn a_file_of_the_user_with_the_name_of_a_certificate_is_kept() {
    let root = folder();
    let data = root.path().join("data");
    run(&data);
    let certificate = data.join("lift-gateway.pem");
    let made = fs::read(&certificate).expect("made");
    run(&data);
    assert_eq!(fs::read(&certificate).expect("kept"), made, "one certificate for each folder");
    fs::write(&certificate, "precious").expect("written");
    lift(&data).ended().failed_with(&["lift-gateway.pem is not a file of Lift's: move it away"]);
    assert_eq!(fs::read(&certificate).expect("kept"), b"precious");
}

#[test]
fn only_one_of_two_concurrent_starts_runs() {
    let app = App::new(&[]);
    let data = app.path().join(".lift");
    let both = [lift(&data), lift(&data)];
    let mut ready = 0;
    wait_until("one of them is ready", || {
        ready = both.iter().filter(|lift| lift.is_ready()).count();
        ready > 0
    });
    let [first, second] = both;
    let (running, refused) = if first.is_ready() { (first, second) } else { (second, first) };
    refused.ended().failed_with(&["is in use by another `lift dev`"]);
    stop(running);
    let own =
        [".gitignore", "dynamodb.db", "lift-data", "lift-gateway-key.pem", "lift-gateway.pem"];
    assert_eq!(names(&data), own);
}
