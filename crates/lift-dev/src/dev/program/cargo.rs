//! Calls of cargo, without the variables of a cargo that may have started Lift.

use std::{ffi::OsStr, process::Stdio};

use tokio::process::Command;

/// The variables that `cargo run` sets for its program. A cargo that this program calls must not get
/// them: it would take them for changes of the environment, and rebuild every dependency that reads one.
const OF_CARGO_RUN: [&str; 6] = [
    "CARGO",
    "CARGO_CRATE_NAME",
    "CARGO_MAKEFLAGS",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_TARGET_TMPDIR",
    "OUT_DIR",
];
const OF_CARGO_RUN_PREFIXES: [&str; 3] = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_"];

/// Whether `cargo run` sets `name`. The user sets CARGO_HOME, CARGO_TARGET_DIR, CARGO_BUILD_*,
/// CARGO_NET_*, CARGO_REGISTRIES_*, CARGO_TERM_* and RUSTUP_*.
pub(crate) fn is_of_cargo_run(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        OF_CARGO_RUN.contains(&name)
            || OF_CARGO_RUN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}

/// A call of the cargo that started Lift, or of the one in PATH.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if is_of_cargo_run(&name) {
            command.env_remove(name);
        }
    }
    // Progress and errors on stderr are for the user; Lift reads stdout.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

#[cfg(test)]
mod tests {
    use super::is_of_cargo_run;

    #[test]
    fn the_users_own_variables_stay() {
        for name in [
            "CARGO",
            "CARGO_BIN_EXE_lift",
            "CARGO_BIN_NAME",
            "CARGO_CRATE_NAME",
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_PATH",
            "CARGO_PKG_VERSION_MAJOR",
            "CARGO_PRIMARY_PACKAGE",
            "OUT_DIR",
        ] {
            assert!(is_of_cargo_run(name.as_ref()), "{name}");
        }
        for name in [
            "CARGO_BUILD_JOBS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_HOME",
            "CARGO_INCREMENTAL",
            "CARGO_NET_OFFLINE",
            "CARGO_PROFILE_DEV_DEBUG",
            "CARGO_REGISTRIES_MINE_INDEX",
            "CARGO_TARGET_DIR",
            "CARGO_TERM_COLOR",
            "PATH",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!is_of_cargo_run(name.as_ref()), "{name}");
        }
    }
}
