//! Builds the app with cargo. Its progress and the compiler's errors reach the user as cargo
//! writes them; the path of the binary comes from cargo's messages, never from a guess.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::Message;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::dev::program::{cargo::cargo, child::Child, executable::Executable, project::Project};

/// Builds the app and answers what its binary is. Dropped half-way, it ends cargo.
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
            executable = app(&line, project).or(executable);
        }
    }
    if !child.wait().await?.success() {
        bail!("`{}` does not compile: mend the errors above", project.name);
    }
    let name = &project.name;
    let program =
        executable.with_context(|| format!("cargo built `{name}` but named no binary"))?;
    Ok(Executable { program, args: Vec::new(), folder: project.folder.clone() })
}

/// The app's binary, if `line` is the message that announces it.
fn app(line: &str, project: &Project) -> Option<PathBuf> {
    let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) else { return None };
    let is_app = artifact.package_id == project.id
        && artifact.target.is_bin()
        && artifact.target.name == project.binary;
    artifact.executable.filter(|_| is_app).map(PathBuf::from)
}
