//! Finds the app that a command is for.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    net::TcpStream,
    os::unix::{ffi::OsStringExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, bail};
use nix::{
    errno::Errno,
    sys::signal::kill,
    unistd::{Pid, geteuid},
};

use super::{FILE, RunningApp, pointers};
use crate::data_dir::{DEFAULT_DATA_DIR, RUN_PREFIX};

/// The longest time that a gateway on this machine takes to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Which of the running apps is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) port: Option<u16>,
    pub(crate) data_dir: Option<&'a Path>,
    /// How the command names the port, such as `--port 3001`.
    pub(crate) flag: &'a str,
}

impl Wanted<'_> {
    /// The app: the one that the flags name, or the one of the current folder or of the nearest folder above it,
    /// or the only one on this machine.
    pub(crate) fn find(&self) -> Result<RunningApp> {
        if let Some(data_dir) = self.data_dir {
            return self.in_data_dir(data_dir);
        }
        let mut apps = all();
        if let Some(port) = self.port {
            apps.retain(|app| app.gateway.port() == port);
            return match apps.pop() {
                Some(app) => Ok(app),
                None => bail!("no `lift dev` is found on port {port}{}", running(&all())),
            };
        }
        let here = env::current_dir().unwrap_or_default();
        let nearest = here.ancestors().find(|folder| apps.iter().any(|app| app.folder == **folder));
        if let Some(nearest) = nearest {
            apps.retain(|app| app.folder == nearest);
        }
        match &apps[..] {
            [app] => Ok(app.clone()),
            [] => bail!(
                "no `lift dev` is found: start it in another terminal, such as with `lift dev .`; or name the \
                 data folder of a running one by --data-dir"
            ),
            several => {
                bail!("several `lift dev` run: choose one by {}{}", self.flag, running(several))
            }
        }
    }

    fn in_data_dir(&self, data_dir: &Path) -> Result<RunningApp> {
        let app = data_dir.canonicalize().ok().and_then(|folder| read(&folder));
        match app.filter(|app| self.port.is_none_or(|port| app.gateway.port() == port)) {
            Some(app) => Ok(app),
            None => bail!(
                "no `lift dev` runs with the data folder {}{}",
                data_dir.display(),
                running(&all())
            ),
        }
    }
}

/// `; these run: 3001 (chat in /home/ana/chat)`
fn running(apps: &[RunningApp]) -> String {
    let apps: Vec<String> = apps.iter().map(ToString::to_string).collect();
    match apps.is_empty() {
        true => ": start it first".to_owned(),
        false => format!("; these run, by their ports: {}", apps.join(", ")),
    }
}

/// All running apps that can be found, in the order of their ports.
fn all() -> Vec<RunningApp> {
    let here = env::current_dir().unwrap_or_default();
    let above = here.ancestors().map(|folder| folder.join(DEFAULT_DATA_DIR));
    let folders = above.chain(read_pointers().into_iter().map(|(_, data_dir)| data_dir));
    let apps = folders.filter_map(|folder| read(&folder));
    let apps: BTreeMap<_, _> = apps.map(|app| ((app.gateway.port(), app.process), app)).collect();
    apps.into_values().collect()
}

/// The pointers, and the data folders that they name.
pub(super) fn read_pointers() -> Vec<(PathBuf, PathBuf)> {
    let entries = pointers().and_then(|folder| fs::read_dir(folder).ok());
    let read = |entry: fs::DirEntry| {
        let folder = fs::read(entry.path()).ok()?;
        Some((entry.path(), PathBuf::from(OsString::from_vec(folder))))
    };
    entries.into_iter().flatten().flatten().filter_map(read).collect()
}

/// The app that runs with this data folder.
pub(super) fn read(data_dir: &Path) -> Option<RunningApp> {
    let runs = fs::read_dir(data_dir).ok()?.flatten();
    let runs = runs.filter(|run| run.file_name().to_string_lossy().starts_with(RUN_PREFIX));
    let folders = runs.filter_map(|run| fs::read_dir(run.path()).ok()).flatten().flatten();
    folders.filter_map(|folder| read_file(&folder.path().join(FILE))).find(is_alive)
}

/// Reads a file of this user. Another user may have made a folder above the current one, and must not choose the
/// endpoints of this user's programs.
fn read_file(path: &Path) -> Option<RunningApp> {
    let found = path.symlink_metadata().ok()?;
    if !found.is_file() || found.uid() != geteuid().as_raw() {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Whether its process runs and its gateway accepts connections. The file of a killed one is still there.
fn is_alive(app: &RunningApp) -> bool {
    let runs = !matches!(kill(Pid::from_raw(app.process), None), Err(Errno::ESRCH));
    runs && TcpStream::connect_timeout(&app.gateway, CONNECT).is_ok()
}
