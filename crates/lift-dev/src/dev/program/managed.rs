//! Functions for Lambda's managed runtimes of Python and Node, and the programs that run them on this
//! machine.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};
use tokio::{io::AsyncReadExt as _, process::Command};

use super::{child::Child, executable::Executable};
use crate::data_dir::RunFiles;

/// The runtime client for Node: it asks the Runtime API for events and calls the handler.
const NODE_CLIENT: &str = include_str!("runtime/bootstrap.mjs");

/// Runs the runtime client for Python, `awslambdaric`.
const PYTHON_CLIENT: &str = include_str!("runtime/bootstrap.py");

/// Prints the version of Python, and whether its runtime client is installed.
const CHECK_PYTHON: &str = "import sys, importlib.util as u; \
    print('%d.%d' % sys.version_info[:2], u.find_spec('awslambdaric') is not None)";

/// A function for a managed runtime.
#[derive(Debug)]
pub(crate) struct Managed {
    pub(crate) language: Language,
    /// Such as `app.handler`.
    pub(crate) handler: String,
    /// The folder of the code, absolute.
    pub(crate) folder: PathBuf,
    /// The code, if the template contains it.
    pub(crate) inline: Option<String>,
}

/// The language of a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Node,
}

impl Language {
    /// The language of the runtime that Lambda calls `runtime`, if it is supported here.
    pub(crate) fn of(runtime: &str) -> Option<Self> {
        match runtime {
            _ if runtime.starts_with("python3") => Some(Self::Python),
            _ if runtime.starts_with("nodejs") => Some(Self::Node),
            _ => None,
        }
    }

    /// Lambda's name for the runtime that is installed here. Fails if something is missing.
    pub(crate) async fn installed(self, folder: &Path) -> Result<String> {
        match self {
            Self::Python => {
                let found = output("python3", &["-c", CHECK_PYTHON], folder).await.context(
                    "functions in Python need `python3` in PATH: install it, or pass another \
                     command as --function NAME='COMMAND'",
                )?;
                match found.split_once(' ') {
                    Some((version, "True")) => Ok(format!("python{version}")),
                    _ => bail!(
                        "`python3` has no `awslambdaric`, which runs functions outside of Lambda: run \
                         `python3 -m pip install awslambdaric`, or activate the environment that has it"
                    ),
                }
            }
            Self::Node => {
                let found = output("node", &["--version"], folder).await.context(
                    "functions in Node need `node` in PATH: install it, or pass another command as \
                     --function NAME='COMMAND'",
                )?;
                let major = found.trim_start_matches('v').split('.').next().unwrap_or_default();
                Ok(format!("nodejs{major}.x"))
            }
        }
    }
}

impl Managed {
    /// The program for the function. Files that it needs go to `run`.
    pub(crate) fn executable(&self, run: &RunFiles) -> Result<Executable> {
        let folder = match &self.inline {
            Some(code) => self.write_code(code, run)?,
            None => self.folder.clone(),
        };
        let (program, mut args) = match self.language {
            Language::Python => ("python3", vec![client(run, "bootstrap.py", PYTHON_CLIENT)?]),
            Language::Node => ("node", vec![client(run, "bootstrap.mjs", NODE_CLIENT)?]),
        };
        if self.inline.is_some() && self.language == Language::Python {
            // No compiled files beside the code, as on Lambda, where the folder is read-only.
            args.insert(0, "-B".to_owned());
        }
        args.push(self.handler.clone());
        Ok(Executable { program: program.into(), args, folder })
    }

    /// Writes code of the template to the file that Lambda would put it in. Returns the folder.
    fn write_code(&self, code: &str, run: &RunFiles) -> Result<PathBuf> {
        let file = match self.language {
            Language::Python => "index.py",
            Language::Node => "index.js",
        };
        let path = run.write(file, code).with_context(|| cannot_write(file))?;
        Ok(path.parent().map(Path::to_owned).unwrap_or_default())
    }
}

/// Writes a runtime client, and returns its path.
fn client(run: &RunFiles, file: &str, code: &str) -> Result<String> {
    let path = run.write(file, code).with_context(|| cannot_write(file))?;
    Ok(path.to_str().context("the data folder's path is not UTF-8")?.to_owned())
}

fn cannot_write(file: &str) -> String {
    format!("cannot write {file} to the data folder")
}

/// What a program prints on stdout.
async fn output(program: &str, args: &[&str], folder: &Path) -> Result<String> {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Child::spawn(&mut command)?;
    let mut text = String::new();
    if let Some(mut stdout) = child.stdout() {
        stdout.read_to_string(&mut text).await?;
    }
    if !child.wait().await?.success() {
        bail!("`{program}` does not start");
    }
    Ok(text.trim().to_owned())
}
