//! The packages that the tests run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use tempfile::TempDir;

/// A package in a folder of its own.
pub(crate) struct App {
    folder: TempDir,
}

impl App {
    /// A package with the given binaries: file names and sources.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        // An empty [workspace] keeps cargo from looking for one above the temporary folder.
        let manifest = "[package]\nname = \"tiny\"\nedition = \"2021\"\n[workspace]\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).expect("written");
        for (name, source) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("created");
            fs::write(file, source).expect("written");
        }
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

static TINY: LazyLock<App> =
    LazyLock::new(|| App::new(&[("src/main.rs", include_str!("tiny.rs"))]));

/// A function that speaks the Lambda Runtime API over std alone, built once for all tests. What it
/// does is said by the variable `TINY` and by its first argument.
pub(crate) fn tiny() -> PathBuf {
    TINY.path().to_owned()
}

/// The same, built: a command that any program could be.
pub(crate) fn tiny_binary() -> String {
    static BINARY: LazyLock<String> = LazyLock::new(|| {
        let binary = TINY.path().join("tiny");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.arg("--edition=2021").arg("-o").arg(&binary).arg(TINY.path().join("src/main.rs"));
        assert!(rustc.status().expect("rustc is there").success());
        binary.to_str().expect("UTF-8").to_owned()
    });
    BINARY.clone()
}
