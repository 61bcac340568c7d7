//! Writes the file of a running app, and the pointer to its data folder.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::{ffi::OsStrExt as _, fs::DirBuilderExt as _},
    path::PathBuf,
    process,
};

use anyhow::{Context as _, Result};

use super::{FILE, RunningApp, find, pointers};
use crate::data_dir::RunFiles;

/// The announcement of a running app. The pointer is removed on drop, and the file with the run's other files.
#[derive(Debug)]
pub(crate) struct Announcement {
    pointer: Option<PathBuf>,
}

impl Announcement {
    /// Announces `app`, whose data folder has the files `run`. Without a pointer, the app is found from its own
    /// folder only.
    pub(crate) fn new(app: &RunningApp, run: &RunFiles) -> Result<Self> {
        let text = serde_json::to_string_pretty(app)?;
        run.write(FILE, &text).context("cannot write to the data folder")?;
        let pointer = point_to(app).unwrap_or_else(|error| {
            tracing::debug!("other commands find this app only by its folder: {error}");
            None
        });
        Ok(Self { pointer })
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Some(pointer) = &self.pointer {
            let _ = fs::remove_file(pointer);
        }
    }
}

/// Writes the pointer; `None` if the user has no state folder.
fn point_to(app: &RunningApp) -> io::Result<Option<PathBuf>> {
    let Some(folder) = pointers() else { return Ok(None) };
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    // A killed `lift dev` leaves its pointer.
    for (pointer, data_dir) in find::read_pointers() {
        if find::read(&data_dir).is_none() {
            let _ = fs::remove_file(pointer);
        }
    }
    let pointer = folder.join(process::id().to_string());
    fs::write(&pointer, app.data_dir.as_os_str().as_bytes())?;
    Ok(Some(pointer))
}
