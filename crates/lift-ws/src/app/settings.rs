//! The settings of an app, beside its routes and layers.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    call::AuthorizerIdentity, correlate::Correlation, describe::SettingsDescription,
    error_reply::ErrorReplies, table::TableSpec,
};

/// Settings of the whole app.
pub(super) struct AppSettings {
    /// Whether message routes are two-way unless they say otherwise.
    pub(super) two_way: bool,
    /// Whether connections are stored.
    pub(super) managed: bool,
    pub(super) errors: ErrorReplies,
    pub(super) correlation: Option<Correlation>,
    /// The key of the route that answers with a pong.
    pub(super) keepalive: Option<String>,
    /// The supported subprotocols, the preferred one first.
    pub(super) subprotocols: Vec<String>,
    pub(super) route_selection: String,
    pub(super) authorizer_identity: Option<AuthorizerIdentity>,
    pub(super) required_variables: BTreeSet<String>,
    /// The tables of the app's own, in the order in which they were added.
    pub(super) tables: Vec<TableSpec>,
    /// The expressions of the schedules, by name.
    pub(super) schedules: BTreeMap<String, String>,
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            two_way: false,
            managed: true,
            errors: ErrorReplies::default(),
            correlation: None,
            keepalive: None,
            subprotocols: Vec::new(),
            route_selection: SettingsDescription::default().selection,
            authorizer_identity: None,
            required_variables: BTreeSet::new(),
            tables: Vec::new(),
            schedules: BTreeMap::new(),
        }
    }
}

impl AppSettings {
    /// Adds what a merged app needs. Panics when both apps have a schedule of the same name.
    #[track_caller]
    pub(super) fn merge(&mut self, other: Self) {
        self.keepalive = self.keepalive.take().or(other.keepalive);
        self.required_variables.extend(other.required_variables);
        for table in other.tables {
            table.add_to(&mut self.tables);
        }
        for (name, expression) in other.schedules {
            self.add_schedule(&name, expression);
        }
        if self.subprotocols.is_empty() {
            self.subprotocols = other.subprotocols;
        }
    }
}

impl AppSettings {
    /// Adds a schedule. Panics when there is one of the same name.
    #[track_caller]
    pub(super) fn add_schedule(&mut self, name: &str, expression: String) {
        let earlier = self.schedules.insert(name.to_owned(), expression);
        assert!(earlier.is_none(), "the app has two schedules with the name {name:?}");
    }
}

impl From<&AppSettings> for SettingsDescription {
    fn from(settings: &AppSettings) -> Self {
        Self {
            managed: settings.managed,
            selection: settings.route_selection.clone(),
            two_way: settings.two_way,
            correlate: settings.correlation.as_ref().map(|field| field.name().to_owned()),
            keepalive: settings.keepalive.clone(),
            subprotocols: settings.subprotocols.clone(),
        }
    }
}
