//! The packages that the tests run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use tempfile::TempDir;

/// A package in its own temporary folder.
pub(crate) struct App {
    folder: TempDir,
}

impl App {
    /// A package with the given binaries: file names and sources.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        // An empty [workspace] keeps cargo from looking for one above the temporary folder.
        let manifest = "[package]\nname = \"test-function\"\nedition = \"2021\"\n[workspace]\n";
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

static TEST_FUNCTION: LazyLock<App> =
    LazyLock::new(|| App::new(&[("src/main.rs", include_str!("test_function.rs"))]));

/// A function that uses the Lambda Runtime API with only std, built once for all tests. The variable
/// `TEST_FUNCTION` and its first argument choose its behavior.
pub(crate) fn test_function() -> PathBuf {
    TEST_FUNCTION.path().to_owned()
}

/// The same function as a built program, for `--command`.
pub(crate) fn test_function_binary() -> String {
    static BINARY: LazyLock<String> = LazyLock::new(|| {
        let binary = TEST_FUNCTION.path().join("test-function");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc
            .arg("--edition=2021")
            .arg("-o")
            .arg(&binary)
            .arg(TEST_FUNCTION.path().join("src/main.rs"));
        assert!(rustc.status().expect("rustc is installed").success());
        binary.to_str().expect("UTF-8").to_owned()
    });
    BINARY.clone()
}
