//! The app's cargo package, and which of its binaries is the app.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{MetadataCommand, Package, PackageId};
use tokio::io::AsyncReadExt as _;

use super::{cargo::cargo, child::Child};

/// The package of an app.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The folder, absolute.
    pub(crate) folder: PathBuf,
    /// The package's id in cargo's messages.
    pub(crate) id: PackageId,
    /// The package's name.
    pub(crate) name: String,
    /// The binary that is the app.
    pub(crate) binary: String,
    /// The folder of the workspace, which has the lock file.
    pub(crate) workspace: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Reads the package in `path`. Fails if it has several binaries, unless `binary` names one or cargo's
    /// `default-run` does.
    pub(crate) async fn read(path: &Path, binary: Option<&str>) -> Result<Self> {
        let folder = folder(path)?;
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            bail!(
                "no app in {}: it has no Cargo.toml, template.yaml or serverless.yml. Pass the folder of one, \
                 create a package with `cargo init`, or pass --command for another program",
                shown(path)
            );
        }
        let (workspace, target, package) = package(&manifest).await?;
        let binary = match binary {
            Some(name) => name.to_owned(),
            None => only_binary(&package)?,
        };
        let name = package.name.to_string();
        Ok(Self { folder, id: package.id, name, binary, workspace, target })
    }

    /// The package's manifest.
    pub(crate) fn manifest(&self) -> PathBuf {
        self.folder.join("Cargo.toml")
    }
}

/// The folder in words.
fn shown(path: &Path) -> String {
    if path == Path::new(".") { "this folder".to_owned() } else { path.display().to_string() }
}

/// The folder at `path`, absolute.
pub(crate) fn folder(path: &Path) -> Result<PathBuf> {
    let shown = path.display();
    if !path.exists() {
        bail!("there is no folder {shown}: pass the folder of a cargo package");
    }
    if !path.is_dir() {
        bail!("{shown} is a file: pass the folder of a cargo package");
    }
    path.canonicalize().with_context(|| format!("cannot open {shown}"))
}

/// The folder of the workspace, its target folder, and the package of `manifest` itself.
async fn package(manifest: &Path) -> Result<(PathBuf, PathBuf, Package)> {
    let mut command = cargo();
    command.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"]).arg(manifest);
    let mut child = Child::spawn(&mut command)
        .context("cannot run cargo: install Rust (https://rustup.rs) or set CARGO to its path")?;
    let mut text = String::new();
    if let Some(mut stdout) = child.stdout() {
        stdout.read_to_string(&mut text).await?;
    }
    if !child.wait().await?.success() {
        bail!("cargo cannot read {}: fix the errors above", manifest.display());
    }
    let metadata =
        MetadataCommand::parse(text).context("cannot read the output of `cargo metadata`")?;
    let found = metadata.packages.into_iter().find(|package| package.manifest_path == manifest);
    let package = found.with_context(|| {
        format!(
            "{} is a workspace without a package of its own: pass the folder of one of its packages",
            manifest.display()
        )
    })?;
    Ok((metadata.workspace_root.into(), metadata.target_directory.into(), package))
}

/// The only binary of `package`, or the one that `cargo run` would start.
fn only_binary(package: &Package) -> Result<String> {
    if let Some(name) = &package.default_run {
        return Ok(name.clone());
    }
    let names: Vec<&str> = package
        .targets
        .iter()
        .filter(|target| target.is_bin())
        .map(|target| &*target.name)
        .collect();
    match names[..] {
        [name] => Ok(name.to_owned()),
        [] => bail!("the package `{}` has no binary: add src/main.rs", package.name),
        [first, ..] => bail!(
            "the package `{}` has several binaries ({}): choose one with `default-run = \"{first}\"` \
             below [package] in {}",
            package.name,
            names.join(", "),
            package.manifest_path,
        ),
    }
}
