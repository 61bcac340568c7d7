//! What is started to run a function: a program with its arguments, in a folder.

use std::{
    fmt::{self, Display, Formatter},
    path::PathBuf,
    process::Stdio,
};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use crate::dev::program::{child::Child, variables::Variables};

/// A program with its arguments, in a folder. `Display` is as one would type it.
#[derive(Debug, Clone)]
pub(crate) struct Executable {
    /// A path, or a name that is looked up in PATH.
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    /// Where it is run, absolute.
    pub(crate) folder: PathBuf,
}

impl Executable {
    /// What starts it with nothing but `variables` and those in `own`, its output in pipes.
    pub(crate) fn command(&self, variables: &Variables, own: &[(&str, &str)]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .envs(variables)
            .envs(own.iter().copied())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts what [`command`](Self::command) made. Call this on the main thread only, because of
    /// [`Child::spawn`].
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child> {
        Child::spawn(command).with_context(|| {
            format!(
                "cannot start `{self}` in {}; the program has to be there, or in PATH",
                self.folder.display()
            )
        })
    }
}

impl Display for Executable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let program = self.program.to_string_lossy();
        let words = std::iter::once(&*program).chain(self.args.iter().map(String::as_str));
        // What cannot be quoted cannot be in a command line either.
        match shlex::try_join(words) {
            Ok(line) => f.write_str(&line),
            Err(_) => f.write_str(&program),
        }
    }
}
