//! What is still to be sent, as tasks: everyone at first. Kept in a file, another run goes on with it.

use std::{collections::VecDeque, fs, io::ErrorKind, path::Path};

use anyhow::{Context as _, Result, bail};
use lift_ws::publish::SendPart;
use serde::{Deserialize, Serialize};

use super::{failure, target::Target, who::Who};

/// The least and the most connections of a piece. Between two pieces progress is shown, and Ctrl-C
/// heeded; the most are some seconds' work.
const PIECE: (u64, u64) = (100, 5_000);

/// Into how many pieces a send is cut, within those bounds.
const PIECES: u64 = 50;

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Rest {
    table: Option<String>,
    /// Who was meant, for a person and to be compared.
    to: String,
    /// About how many connections are left.
    pub(super) left: u64,
    pub(super) tasks: VecDeque<SendPart>,
}

impl Rest {
    pub(super) async fn everyone(target: &Target, who: &Who) -> Result<Self> {
        let cut = async {
            let audience = who.audience(&target.publisher);
            let estimate = who.estimate(&target.publisher).await?;
            let each = (estimate.connections / PIECES).clamp(PIECE.0, PIECE.1);
            Ok((estimate.connections, audience.split(estimate.parts(each)).await?))
        };
        match cut.await {
            Ok((left, tasks)) => {
                let (table, to) = (target.name.clone(), who.to_string());
                Ok(Self { table, to, left, tasks: tasks.into() })
            }
            Err(error) => Err(failure::of_send(target, &error).await),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// What an earlier run kept, if it did.
    pub(super) fn read(file: &Path, target: &Target, who: &Who) -> Result<Option<Self>> {
        let shown = file.display();
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context(format!("cannot read {shown}")),
        };
        let rest: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{shown} is not what `lift send --resume` keeps"))?;
        if rest.table != target.name || rest.to != who.to_string() {
            let table = rest.table.as_deref().unwrap_or("no table");
            bail!("{shown} is left of another send, to {} ({table}): name another file", rest.to);
        }
        eprintln!("going on with what is left in {shown}: about {}", rest.left);
        Ok(Some(rest))
    }

    /// Writes it to the file, if one is named; removes the file when nothing is left.
    pub(super) fn keep(&self, file: Option<&Path>) -> Result<()> {
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
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}
