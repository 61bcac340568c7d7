//! Builds a cargo package, and copies the binary. Functions run from the copy, because the next build
//! can overwrite the binary before all processes of this one have started.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::Message;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{cargo::cargo, child::Child, executable::Executable, project::Project};
use crate::data_dir::{RunFiles, remove_file};

/// A cargo package.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) project: Project,
    /// Where copies go.
    run: Arc<RunFiles>,
}

/// A build of a package.
#[derive(Debug)]
pub(crate) struct Built {
    executable: Executable,
    /// When the binary was written. Cargo does not touch it if nothing has changed.
    written: SystemTime,
}

/// A copy of a binary, removed on drop.
#[derive(Debug)]
pub(crate) struct ProgramCopy {
    written: SystemTime,
    file: PathBuf,
}

impl Drop for ProgramCopy {
    fn drop(&mut self) {
        remove_file(&self.file);
    }
}

impl Package {
    pub(crate) fn new(project: Project, run: Arc<RunFiles>) -> Self {
        Self { project, run }
    }

    /// Builds the package. Dropping the future ends cargo.
    pub(crate) async fn build(&self) -> Result<Built> {
        let executable = build(&self.project).await?;
        let written = fs::metadata(&executable.program).and_then(|file| file.modified());
        let cannot_read = || format!("cannot read {}", executable.program.display());
        Ok(Built { written: written.with_context(cannot_read)?, executable })
    }

    /// Copies the binary.
    pub(crate) async fn copy(&self, built: &Built) -> Result<(Executable, Arc<ProgramCopy>)> {
        let (from, run) = (built.binary().to_owned(), self.run.clone());
        let result = tokio::task::spawn_blocking(move || copy(&from, &run)).await?;
        let program = result.with_context(|| {
            format!("cannot copy {} to the data folder", built.binary().display())
        })?;
        let copy = ProgramCopy { written: built.written, file: program.clone() };
        Ok((Executable { program, ..built.executable.clone() }, Arc::new(copy)))
    }
}

impl Built {
    pub(crate) fn binary(&self) -> &Path {
        &self.executable.program
    }

    /// Whether `copy` is a copy of this build.
    pub(crate) fn is_copied_in(&self, copy: &ProgramCopy) -> bool {
        self.written == copy.written
    }
}

/// Builds the app with cargo and returns its binary. Dropping the future ends cargo. Progress and errors
/// go to the user's stderr; the path of the binary comes from cargo's messages.
pub(crate) async fn build(project: &Project) -> Result<Executable> {
    let mut command = cargo();
    command
        .args(["build", "--message-format=json-render-diagnostics", "--bin", &project.binary])
        .arg("--manifest-path")
        .arg(project.manifest())
        .current_dir(&project.folder);
    let mut child = Child::spawn(&mut command).context("cannot run cargo")?;
    let mut executable = None;
    if let Some(stdout) = child.stdout() {
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            executable = binary_in(&line, project).or(executable);
        }
    }
    if !child.wait().await?.success() {
        bail!("`{}` does not compile: fix the errors above", project.name);
    }
    let name = &project.name;
    let program =
        executable.with_context(|| format!("cargo built `{name}` but reported no binary"))?;
    Ok(Executable { program, args: Vec::new(), folder: project.folder.clone() })
}

/// The app's binary, if the message `line` is about it.
fn binary_in(line: &str, project: &Project) -> Option<PathBuf> {
    let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) else { return None };
    let is_app = artifact.package_id == project.id
        && artifact.target.is_bin()
        && artifact.target.name == project.binary;
    artifact.executable.filter(|_| is_app).map(PathBuf::from)
}

fn copy(from: &Path, run: &RunFiles) -> io::Result<PathBuf> {
    let path = run.new_file(&from.file_name().unwrap_or_default().to_string_lossy())?;
    fs::copy(from, &path)?;
    Ok(path)
}
