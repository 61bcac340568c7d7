//! From the sources to a program that can be started: build, copy, describe, table. At start, and
//! again for each change.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::dev::build;
use crate::dev::describe::{self, Description};
use crate::dev::faults::Faults;
use crate::dev::function::Program;
use crate::dev::project::Project;
use crate::dev::table;
use crate::dev::variables::Variables;

/// What all programs of a function are made from.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) project: Project,
    /// Where each program has a folder of its own.
    pub(crate) programs: PathBuf,
    /// The environment, but for the name of the table.
    pub(crate) variables: Variables,
    pub(crate) faults: Option<Faults>,
    pub(crate) database: SocketAddr,
    pub(crate) region: String,
    /// The table of connections, once an app has asked for it.
    pub(crate) table: Option<String>,
}

/// What cargo built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Built {
    pub(crate) binary: PathBuf,
    /// Cargo leaves the file alone when there is nothing to build.
    written: SystemTime,
}

impl Recipe {
    /// Has the project built.
    pub(crate) async fn build(&self) -> Result<Built> {
        let binary = build::build(&self.project).await?;
        let written = fs::metadata(&binary).and_then(|file| file.modified());
        let written = written.with_context(|| format!("cannot read {}", binary.display()))?;
        Ok(Built { binary, written })
    }

    /// Makes a program of what was built, with all that it asks for.
    pub(crate) async fn program(&mut self, built: &Built) -> Result<(Program, Description)> {
        let (from, programs) = (built.binary.clone(), self.programs.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&from, &programs)).await?;
        let (binary, copy) = copied.with_context(|| {
            format!("cannot copy {} to {}", built.binary.display(), self.programs.display())
        })?;
        let description = describe::describe(&binary, &self.variables).await?;
        let mut variables = self.variables.clone();
        if let Some(variable) = description.table_variable() {
            variables.insert(variable.into(), self.table().await?.into());
        }
        let (folder, faults) = (self.project.folder.clone(), self.faults.clone());
        Ok((Program { binary, folder, variables, faults, _copy: Some(copy) }, description))
    }

    /// The table's name. It is made ready once: later, what is in it are the clients of now.
    async fn table(&mut self) -> Result<String> {
        if self.table.is_none() {
            let name = format!("{}-connections", self.project.name);
            table::prepare(self.database, &self.region, &name).await?;
            self.table = Some(name);
        }
        Ok(self.table.clone().unwrap_or_default())
    }
}

/// Copies a binary into a folder of its own, which goes with the value. The next build may write into
/// the one that cargo made, while processes of this one are still to be started.
fn copy(from: &Path, programs: &Path) -> io::Result<(PathBuf, TempDir)> {
    fs::create_dir_all(programs)?;
    let folder = TempDir::new_in(programs)?;
    let path = folder.path().join(from.file_name().unwrap_or_default());
    fs::copy(from, &path)?;
    Ok((path, folder))
}
