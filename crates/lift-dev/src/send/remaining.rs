//! The parts of a send that remain: all at first. Saved in a file, so that another run can continue.

use std::{
    collections::VecDeque,
    fs,
    io::{self, ErrorKind, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use lift_ws::publish::SendPart;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{failure, location::Location, target::Target};
use crate::exit::note;

/// The least and the most connections of a part. After each part, progress is shown and Ctrl-C is
/// handled. The largest part takes a few seconds.
const PART_SIZE: (u64, u64) = (100, 5_000);

/// The number of parts of a send, within those bounds.
const PARTS: u64 = 50;

/// The remaining parts. Its JSON is the file of `--resume`, and `rest` in the result of `--json`.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Remaining {
    table: Option<String>,
    /// The target in words, for people and to check that a file belongs to the same send.
    #[serde(rename = "to")]
    target: String,
    /// The estimated number of connections left.
    #[serde(rename = "left")]
    pub(super) connections: u64,
    #[serde(rename = "tasks")]
    pub(super) parts: VecDeque<SendPart>,
}

impl Remaining {
    /// All parts of a new send.
    pub(super) async fn all(location: &Location, target: &Target) -> Result<Self> {
        let split = async {
            let audience = target.audience(&location.publisher);
            let estimate = target.estimate(&location.publisher).await?;
            let size = (estimate.connections / PARTS).clamp(PART_SIZE.0, PART_SIZE.1);
            Ok((estimate.connections, audience.split(estimate.parts(size)).await?))
        };
        match split.await {
            Ok((connections, parts)) => {
                let (table, target) = (location.table_name.clone(), target.to_string());
                Ok(Self { table, target, connections, parts: parts.into() })
            }
            Err(error) => Err(failure::of_send(location, &error).await),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Reads the parts that an earlier run saved, if the file exists.
    pub(super) fn read(file: &Path, location: &Location, target: &Target) -> Result<Option<Self>> {
        let shown = file.display();
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context(format!("cannot read {shown}")),
        };
        let remaining: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{shown} is not a file of `lift send --resume`"))?;
        if remaining.table != location.table_name || remaining.target != target.to_string() {
            let table = remaining.table.as_deref().unwrap_or("no table");
            bail!(
                "{shown} belongs to another send, to {} ({table}): pass another file",
                remaining.target
            );
        }
        note(format_args!(
            "continuing with {shown}: about {} connections are left",
            remaining.connections
        ));
        Ok(Some(remaining))
    }

    /// Saves the parts in the file, if one is named. Removes the file if no part is left.
    pub(super) fn save(&self, file: Option<&Path>) -> Result<()> {
        let Some(file) = file else { return Ok(()) };
        if self.is_empty() {
            return match fs::remove_file(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(error).context(format!("cannot remove {}", file.display()))
                }
                _ => Ok(()),
            };
        }
        let text = serde_json::to_vec_pretty(self)?;
        replace(file, &text).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Writes the whole file or nothing, so that an interrupted write does not lose the parts that were saved.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut new = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(text)?;
    new.persist(file)?;
    Ok(())
}
