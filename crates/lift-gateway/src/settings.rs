//! What an API is: its stage, its routes, its limits. Given once to [`serve`](crate::serve).

use std::{collections::HashMap, path::PathBuf};

use crate::{Limits, Selection};

/// An API with one stage.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The stage's name: the first segment of the URL, without slashes.
    pub stage: String,
    /// What events carry as `apiId`.
    pub api_id: String,
    /// The routes that the function handles.
    pub routes: Routes,
    /// What clients and functions are allowed.
    pub limits: Limits,
    /// An HTML file that is served at `/`, read anew for each request.
    pub index: Option<PathBuf>,
}

/// The route keys of an API, and how a message finds its own.
///
/// `$connect` and `$disconnect` are invoked only when they are here; without `$connect`, every
/// handshake succeeds.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    selection: Selection,
    two_way: HashMap<String, bool>,
}

/// The route that a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    pub(crate) key: &'a str,
    pub(crate) two_way: bool,
}

impl Routes {
    /// No routes yet; keys will be selected by `selection`.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self { selection, two_way: HashMap::new() }
    }

    /// Adds a route, or replaces the one with the same key. On a two-way route the body of the
    /// function's reply goes to the client; on a one-way route it is dropped.
    #[must_use]
    pub fn with_route(mut self, key: impl Into<String>, two_way: bool) -> Self {
        self.two_way.insert(key.into(), two_way);
        self
    }

    /// Whether there is a route with this key.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.two_way.contains_key(key)
    }

    /// The route of a message: the selected one, else `$default`, else none.
    pub(crate) fn find(&self, message: &str) -> Option<Route<'_>> {
        let selected = self.selection.select(message);
        selected.and_then(|key| self.route(&key)).or_else(|| self.route("$default"))
    }

    fn route(&self, key: &str) -> Option<Route<'_>> {
        let (key, two_way) = self.two_way.get_key_value(key)?;
        Some(Route { key, two_way: *two_way })
    }
}
