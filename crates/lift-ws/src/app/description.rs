//! What an app says of itself: routes, tables, variables and schedules.

use super::App;
use crate::{
    describe::{
        Description, RouteDescription, ScheduleDescription, SettingsDescription, TableDescription,
        VariableDescription,
    },
    route::{Entry, MessageRoute, Schemas},
    store::TABLE_VARIABLE,
    table::TableSpec,
};

impl<S: Send + Sync + 'static> App<S> {
    /// The app's description of itself.
    #[must_use]
    pub fn describe(&self) -> Description {
        let managed = self.settings.managed;
        let lifecycle = [
            ("$connect", managed || self.routes.connect.is_some()),
            ("$disconnect", managed || self.routes.disconnect.is_some()),
        ];
        let lifecycle = lifecycle.into_iter().filter(|(_, exists)| *exists);
        let lifecycle = lifecycle.map(|(key, _)| RouteDescription::lifecycle(key));
        let messages = self.routes.messages.iter().map(|(key, entry)| self.message(key, entry));
        let mut routes: Vec<_> = lifecycle.chain(messages).collect();
        routes.sort_by(|one, other| one.key.cmp(&other.key));

        let connections = managed.then(|| TableDescription::connections(TABLE_VARIABLE));
        let own = self.settings.tables.iter().map(TableSpec::describe);
        let tables: Vec<_> = connections.into_iter().chain(own).collect();
        let mut variables = self.settings.required_variables.clone();
        variables.extend(tables.iter().map(|table| table.env.clone()));
        Description {
            version: 1,
            routes,
            tables,
            settings: SettingsDescription::from(&self.settings),
            variables: variables
                .into_iter()
                .map(|name| VariableDescription::new(name, true))
                .collect(),
            schedules: self.schedules(),
        }
    }

    fn schedules(&self) -> Vec<ScheduleDescription> {
        let schedules = self.settings.schedules.iter();
        let describe = |(name, expression): (&String, &String)| ScheduleDescription {
            name: name.clone(),
            expression: expression.clone(),
        };
        schedules.map(describe).collect()
    }

    fn message(&self, key: &str, entry: &Entry<MessageRoute>) -> RouteDescription {
        let MessageRoute { two_way, schemas: Schemas { payload, reply }, .. } = &entry.value;
        let limits = self.layers.iter().chain(&entry.layers).filter_map(|layer| layer.body_limit());
        RouteDescription {
            key: key.to_owned(),
            two_way: two_way.unwrap_or(self.settings.two_way),
            body_limit: limits.min(),
            payload: payload.clone(),
            reply: reply.clone(),
        }
    }
}
