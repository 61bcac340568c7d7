//! What the command line says of itself.

use crate::command::Lift;

#[test]
fn help_names_the_options_and_gives_examples() {
    let ended = Lift::with_args(&["dev", "--help"]).ended();
    assert!(ended.status.success());
    for part in [
        "Usage: lift dev [OPTIONS] <PATH>",
        "--listen <ADDR:PORT>",
        "[default: 127.0.0.1:3001]",
        "--stage <NAME>",
        "[default: local]",
        "--data-dir <DIR>",
        "[default: PATH/.lift]",
        "--concurrency <N>",
        "[default: 10]",
        "--faults <PLAN>",
        "--no-inspector",
        "--public",
        "--management-token <TOKEN>",
        "--require-signature",
        "--stage-variable <NAME=VALUE>",
        "--serial",
        "Examples:\n  lift dev examples/chat",
        "LIFT_LOG",
    ] {
        assert!(ended.stdout.contains(part), "no {part:?} in {}", ended.stdout);
    }
}

#[test]
fn version() {
    let ended = Lift::with_args(&["--version"]).ended();
    assert_eq!(ended.stdout, format!("lift {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn other_machines_are_refused() {
    let ended = Lift::with_args(&["dev", ".", "--listen", "0.0.0.0:0"]).ended();
    assert_eq!(ended.status.code(), Some(2));
    let error = "error: --listen 0.0.0.0 can be reached from other machines: pass --public";
    assert!(ended.stderr.starts_with(error), "{}", ended.stderr);
}
