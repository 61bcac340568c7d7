//! A package of cargo, built as often as it changes, and run from a copy: the next build may write
//! into the binary while processes of this one are still to be started.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context as _, Result};
use tempfile::{Builder, TempDir};

use crate::dev::program::{build::build, executable::Executable, project::Project};

/// A package of cargo.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) project: Project,
    /// Where each copy has a folder of its own.
    programs: PathBuf,
}

/// What cargo built.
#[derive(Debug)]
pub(crate) struct Built {
    executable: Executable,
    /// Cargo leaves the file alone when there is nothing to build.
    written: SystemTime,
}

/// A copy of a binary. The file is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Copied {
    written: SystemTime,
    _folder: TempDir,
}

impl Package {
    pub(crate) fn new(project: Project, programs: &Path) -> Self {
        Self { project, programs: programs.to_owned() }
    }

    /// Has it built. Dropped half-way, it ends cargo.
    pub(crate) async fn build(&self) -> Result<Built> {
        let executable = build(&self.project).await?;
        let written = fs::metadata(&executable.program).and_then(|file| file.modified());
        let unread = || format!("cannot read {}", executable.program.display());
        Ok(Built { written: written.with_context(unread)?, executable })
    }

    /// Copies what was built.
    pub(crate) async fn copy(&self, built: &Built) -> Result<(Executable, Arc<Copied>)> {
        let (from, programs) = (built.binary().to_owned(), self.programs.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&from, &programs)).await?;
        let (program, folder) = copied.with_context(|| {
            format!("cannot copy {} to {}", built.binary().display(), self.programs.display())
        })?;
        let copy = Copied { written: built.written, _folder: folder };
        Ok((Executable { program, ..built.executable.clone() }, Arc::new(copy)))
    }
}

impl Built {
    pub(crate) fn binary(&self) -> &Path {
        &self.executable.program
    }

    /// Whether `copy` is one of this.
    pub(crate) fn is_in(&self, copy: &Copied) -> bool {
        self.written == copy.written
    }
}

fn copy(from: &Path, programs: &Path) -> io::Result<(PathBuf, TempDir)> {
    fs::create_dir_all(programs)?;
    let folder = Builder::new().prefix("").tempdir_in(programs)?;
    let path = folder.path().join(from.file_name().unwrap_or_default());
    fs::copy(from, &path)?;
    Ok((path, folder))
}
