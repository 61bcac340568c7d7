//! The texts of `--help` and `--version`, and the completions.

use crate::command::Lift;

#[test]
fn help_names_the_options_and_gives_examples() {
    let ended = Lift::with_args(&["dev", "--help"]).ended();
    assert!(ended.status.success());
    for part in [
        "Usage: lift dev [OPTIONS] [PATH]",
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
        "--port <PORT>",
        "Examples:\n  lift dev\n",
        "\n  lift dev examples/chat\n",
        "--log <FORMAT>",
        "[default: pretty]",
        "--open",
        "LIFT_LOG",
        "NO_COLOR",
    ] {
        assert!(ended.stdout.contains(part), "no {part:?} in {}", ended.stdout);
    }
}

#[test]
fn version_is_that_of_the_package() {
    let ended = Lift::with_args(&["--version"]).ended();
    assert_eq!(ended.stdout, format!("lift {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn listening_for_other_machines_needs_public() {
    let ended = Lift::with_args(&["dev", ".", "--listen", "0.0.0.0:0"]).ended();
    assert_eq!(ended.status.code(), Some(2));
    let error = "error: --listen 0.0.0.0 can be reached from other machines: pass --public";
    assert!(ended.stderr.starts_with(error), "{}", ended.stderr);
}

#[test]
fn completions_for_each_shell() {
    for (shell, part) in [
        ("bash", "complete -F _lift"),
        ("zsh", "#compdef lift"),
        ("fish", "complete -c lift"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'lift'"),
        ("elvish", "set edit:completion:arg-completer[lift]"),
    ] {
        let ended = Lift::alone(&["completions", shell], &[]).ended();
        assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""), "{shell}");
        assert!(ended.stdout.contains(part), "no {part:?} for {shell}");
        assert!(ended.stdout.contains("stage-variable"), "{shell} lacks an option of lift dev");
    }
    let help = Lift::alone(&["completions", "--help"], &[]).ended().stdout;
    assert!(help.contains("lift completions fish > "), "{help}");
}
