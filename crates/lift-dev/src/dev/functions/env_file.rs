//! The variables of a function that others start, in a file as editors and shells read them.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::dev::program::variables::Variables;

/// The file, there until this is dropped.
#[derive(Debug)]
pub(crate) struct EnvFile(PathBuf);

impl EnvFile {
    /// Writes what differs from the user's shell, which whoever starts the function has anyway.
    pub(crate) fn write(path: PathBuf, all: &Variables, own: &[(&str, String)]) -> Result<Self> {
        let theirs =
            all.iter().filter(|(name, value)| std::env::var_os(name).as_ref() != Some(value));
        let own = own.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
        let mut text = String::new();
        for (name, value) in theirs.map(|(name, value)| (&**name, &**value)).chain(own) {
            // Only what the shell has can be no text, and that is not here.
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let value = shlex::try_quote(&value).with_context(|| format!("{name} has no text"))?;
            text += &format!("{name}={value}\n");
        }
        write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn shown(&self) -> impl std::fmt::Display {
        self.0.display()
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    // The token of `--public` is in it.
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        // It leads to what is no longer there.
        let _ = fs::remove_file(&self.0);
    }
}
