//! Functions for those runtimes that Lambda brings along itself, in Python and Node: what runs them
//! here, where Lambda is not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};
use tokio::{io::AsyncReadExt as _, process::Command};

use crate::dev::program::{child::Child, executable::Executable};

/// What asks the Runtime API for events and calls a handler in Node.
const NODE: &str = include_str!("runtime/bootstrap.mjs");

/// Prints the version, and whether what asks the Runtime API for events is there.
const LOOK: &str = "import sys, importlib.util as u; \
    print('%d.%d' % sys.version_info[:2], u.find_spec('awslambdaric') is not None)";

/// A function whose runtime is Lambda's.
#[derive(Debug)]
pub(crate) struct Managed {
    pub(crate) language: Language,
    /// Such as `app.handler`.
    pub(crate) handler: String,
    /// Where the code is, absolute.
    pub(crate) folder: PathBuf,
    /// The code, if it is in the template.
    pub(crate) inline: Option<String>,
}

/// What a handler is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Node,
}

impl Language {
    /// The language of one of Lambda's runtimes, if it runs here.
    pub(crate) fn of(runtime: &str) -> Option<Self> {
        match runtime {
            _ if runtime.starts_with("python3") => Some(Self::Python),
            _ if runtime.starts_with("nodejs") => Some(Self::Node),
            _ => None,
        }
    }

    /// What Lambda would call the runtime that is here, or what is missing.
    pub(crate) async fn here(self, folder: &Path) -> Result<String> {
        match self {
            Self::Python => {
                let found = output("python3", &["-c", LOOK], folder).await.context(
                    "functions in Python need `python3` in PATH: install it, or say how to run \
                     them by --function NAME='COMMAND'",
                )?;
                match found.split_once(' ') {
                    Some((version, "True")) => Ok(format!("python{version}")),
                    _ => bail!(
                        "`python3` has no `awslambdaric`, which runs functions outside of Lambda: \
                         `python3 -m pip install awslambdaric`, or activate the environment that has it"
                    ),
                }
            }
            Self::Node => {
                let found = output("node", &["--version"], folder).await.context(
                    "functions in Node need `node` in PATH: install it, or say how to run them by \
                     --function NAME='COMMAND'",
                )?;
                let major = found.trim_start_matches('v').split('.').next().unwrap_or_default();
                Ok(format!("nodejs{major}.x"))
            }
        }
    }
}

impl Managed {
    /// What to start for the function `name`. Files that this needs go to `data_dir`.
    pub(crate) fn executable(&self, name: &str, data_dir: &Path) -> Result<Executable> {
        let folder = match &self.inline {
            Some(code) => self.write(code, &data_dir.join("inline").join(name))?,
            None => self.folder.clone(),
        };
        let (program, mut args) = match self.language {
            Language::Python => ("python3", vec!["-m".to_owned(), "awslambdaric".to_owned()]),
            Language::Node => ("node", vec![write(data_dir, "bootstrap.mjs", NODE)?]),
        };
        args.push(self.handler.clone());
        Ok(Executable { program: program.into(), args, folder })
    }

    /// Writes code that is in the template where Lambda would put it.
    fn write(&self, code: &str, folder: &Path) -> Result<PathBuf> {
        let file = match self.language {
            Language::Python => "index.py",
            Language::Node => "index.js",
        };
        write(folder, file, code)?;
        Ok(folder.canonicalize()?)
    }
}

/// Writes a file and answers its absolute path.
fn write(folder: &Path, name: &str, text: &str) -> Result<String> {
    let file = folder.join(name);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, text));
    written.with_context(|| format!("cannot write {}", file.display()))?;
    let path = file.canonicalize()?;
    Ok(path.to_str().context("the data folder's path is not UTF-8")?.to_owned())
}

/// What a program prints.
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
