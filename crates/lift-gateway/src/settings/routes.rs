//! The routes of an API, and how a message selects one ([R-3]).

use std::{borrow::Cow, collections::HashMap};

use super::Models;
use crate::{Backend, FailureCause, Selection, backend::Integration};

/// The routes of an API, and how a message selects one.
///
/// `$connect` and `$disconnect` run only if they are routes. Without `$connect`, every handshake
/// succeeds.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    selection: Selection,
    by_key: HashMap<String, RouteConfig>,
}

#[derive(Clone, Debug)]
struct RouteConfig {
    two_way: bool,
    models: Option<Models>,
    function: Option<Integration>,
}

/// The route that a message goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'a> {
    pub(crate) key: &'a str,
    pub(crate) two_way: bool,
    pub(crate) models: Option<&'a Models>,
}

impl Routes {
    /// No routes yet. Messages select a route key by `selection`.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self { selection, by_key: HashMap::new() }
    }

    /// Adds a route, or replaces the one with the same key. A two-way route has a route
    /// response: the body of the function's reply goes to the client. A one-way route drops it.
    #[must_use]
    pub fn with_route(mut self, key: impl Into<String>, two_way: bool) -> Self {
        self.by_key.insert(key.into(), RouteConfig { two_way, models: None, function: None });
        self
    }

    /// Sets the models of a route. By default every message reaches the function.
    ///
    /// # Panics
    /// When there is no route with this key.
    #[must_use]
    #[track_caller]
    pub fn with_models(mut self, key: &str, models: Models) -> Self {
        self.route_mut(key).models = Some(models);
        self
    }

    /// Sets the function of a route. By default it is the backend of
    /// [`Server::with_backend`](crate::Server::with_backend).
    ///
    /// # Panics
    /// When there is no route with this key.
    #[must_use]
    #[track_caller]
    pub fn with_function(mut self, key: &str, function: impl Backend) -> Self {
        self.route_mut(key).function = Some(Integration::new(function));
        self
    }

    /// Whether there is a route with this key.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// The route of a message: the selected one, else `$default`, else none.
    pub(crate) fn find(&self, message: &str) -> Option<Route<'_>> {
        let selected = self.selection.select(message);
        selected.and_then(|key| self.route(&key)).or_else(|| self.route("$default"))
    }

    /// The function of a route, if it has its own.
    pub(crate) fn function(&self, key: &str) -> Option<&Integration> {
        self.by_key.get(key)?.function.as_ref()
    }

    /// Why a message has no route.
    pub(crate) fn no_route_cause(&self, message: &str) -> FailureCause {
        let selected = self.selection.select(message).map(Cow::into_owned);
        let mut routes: Vec<String> = self.by_key.keys().cloned().collect();
        routes.sort();
        FailureCause::NoRoute { selected, routes }
    }

    #[track_caller]
    fn route_mut(&mut self, key: &str) -> &mut RouteConfig {
        match self.by_key.get_mut(key) {
            Some(route) => route,
            None => panic!("there is no route `{key}`: add it with `with_route` first"),
        }
    }

    fn route(&self, key: &str) -> Option<Route<'_>> {
        let (key, RouteConfig { two_way, models, .. }) = self.by_key.get_key_value(key)?;
        Some(Route { key, two_way: *two_way, models: models.as_ref() })
    }
}
