//! `--env-file`: variables of the functions in files, as many tools read them.

use std::{collections::BTreeMap, ffi::OsStr, path::PathBuf};

use anyhow::{Context as _, Result};

use crate::dev::program::variables::is_kept;

/// The variables of all files, of which the later ones win, and what is to be said of them.
pub(super) fn read_all(files: &[PathBuf]) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let mut all = BTreeMap::new();
    let mut notices = Vec::new();
    for file in files {
        let shown = file.display();
        let lines =
            dotenvy::from_path_iter(file).with_context(|| format!("cannot read {shown}"))?;
        for line in lines {
            let (name, value) =
                line.with_context(|| format!("{shown} is not a file of NAME=VALUE lines"))?;
            if !is_kept(OsStr::new(&name)) {
                notices.push(format!("{shown}: {name} is not passed on, as it is Lambda's own"));
            }
            all.insert(name, value);
        }
    }
    Ok((all, notices))
}
