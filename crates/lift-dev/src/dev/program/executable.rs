//! A program with its arguments and its folder, which runs a function.

use std::{
    fmt::{self, Display, Formatter},
    path::PathBuf,
    process::Stdio,
};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use super::{child::Child, variables::Variables};

/// A program with its arguments and its folder. `Display` writes it as a shell command.
#[derive(Debug, Clone)]
pub(crate) struct Executable {
    /// A path, or a name that is looked up in PATH.
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    /// The working directory, absolute.
    pub(crate) folder: PathBuf,
}

impl Executable {
    /// The command that starts it, with only `variables` and `more` as its environment and with its
    /// output in pipes.
    pub(crate) fn command(&self, variables: &Variables, more: &[(&str, &str)]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .envs(variables)
            .envs(more.iter().copied())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts the command that [`command`](Self::command) made. Call this on the main thread only, because of
    /// [`Child::spawn`].
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child> {
        Child::spawn(command).with_context(|| {
            format!(
                "cannot start `{self}` in {}: the program must be in that folder or in PATH",
                self.folder.display()
            )
        })
    }
}

impl Display for Executable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let program = self.program.to_string_lossy();
        let words = std::iter::once(&*program).chain(self.args.iter().map(String::as_str));
        // Fails only for arguments that no command line can have.
        match shlex::try_join(words) {
            Ok(line) => f.write_str(&line),
            Err(_) => f.write_str(&program),
        }
    }
}
