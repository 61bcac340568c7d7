//! The apps that `lift dev` runs on this machine, and how other commands find them.
//!
//! ```text
//! lift dev -> announce: a private file in the data folder, and a pointer to the folder in the user's state folder
//! lift env, lift send -> find: the pointers, and `.lift` in the current folder and those above it -> one app
//! ```
//!
//! The file has the secret key of `@connections`, so it is where only its owner can read it. The pointers are paths.

mod announce;
mod find;

use std::{
    collections::BTreeMap,
    env,
    fmt::{self, Display, Formatter},
    net::SocketAddr,
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

pub(crate) use self::{announce::Announcement, find::Wanted};

/// The name of the file in the data folder.
const FILE: &str = "running.json";

/// A running app, and what a program beside it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunningApp {
    /// The process of `lift dev`.
    pub(crate) process: i32,
    pub(crate) name: String,
    /// The app's folder.
    pub(crate) folder: PathBuf,
    pub(crate) data_dir: PathBuf,
    /// Where programs on this machine reach the gateway.
    pub(crate) gateway: SocketAddr,
    pub(crate) stage: String,
    pub(crate) database: SocketAddr,
    /// Lambda's Invoke API.
    pub(crate) lambda: SocketAddr,
    /// The variables: endpoints, Region, credentials, and those that the app's functions get by name.
    pub(crate) variables: BTreeMap<String, String>,
}

impl Display for RunningApp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} in {})", self.gateway.port(), self.name, self.folder.display())
    }
}

/// The user's folder for what programs keep between runs, by the XDG rules, with Lift's name.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state = env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty());
    let state = state.map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".local/state")));
    Some(state?.join("lift"))
}

/// The folder of the pointers.
fn pointers() -> Option<PathBuf> {
    Some(state_folder()?.join("running"))
}
