//! The API of a plan: the app's description is added, and the gateway's settings are made from it.

pub(crate) mod access;
pub(crate) mod listen;
pub(crate) mod models;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use lift_gateway::{Authorization, Authorizer, Routes, Selection, Settings, Signatures};
use lift_invoke::Integration;
use lift_ws::describe::Description;

use crate::dev::plan::{AccessPlan, ApiPlan, AuthorizerPlan, RoutePlan};

impl ApiPlan {
    /// Adds the description of function `app`. What the plan already declares has priority.
    pub(crate) fn add_description(&mut self, app: usize, description: Description) -> Result<()> {
        if self.selection.is_none() {
            let selection = description.settings.selection.parse::<Selection>();
            self.selection = Some(selection.context("the app's route selection")?);
        }
        self.subprotocols = description.settings.subprotocols;
        for route in description.routes {
            if self.routes.iter().all(|planned| planned.key != route.key) {
                let (key, two_way) = (route.key, route.two_way);
                self.routes.push(RoutePlan { key, two_way, function: app, models: None });
            }
        }
        Ok(())
    }

    /// The keys of its routes.
    pub(crate) fn route_keys(&self) -> BTreeSet<String> {
        self.routes.iter().map(|route| route.key.clone()).collect()
    }

    /// Its routes for the gateway. `integrations` are those of the plan's functions, in their order.
    pub(crate) fn routes(&self, integrations: &[Integration]) -> Result<Routes> {
        let mut routes = Routes::new(self.selection.clone().unwrap_or_default());
        for RoutePlan { key, two_way, function, models } in &self.routes {
            let function = integration(integrations, *function)?;
            routes = routes.with_route(key, *two_way).with_function(key, function);
            if let Some(models) = self.models.get(key).or(models.as_ref()) {
                routes = routes.with_models(key, models.clone());
            }
        }
        if let Some(key) = self.models.keys().find(|key| !routes.contains(key)) {
            bail!("--model names the route {key}, which the API does not have");
        }
        Ok(routes)
    }

    /// The gateway's settings that the plan determines. `signatures` checks handshakes if the API
    /// requires IAM.
    pub(crate) fn settings(
        self,
        integrations: &[Integration],
        signatures: Signatures,
    ) -> Result<Settings> {
        let routes = self.routes(integrations)?;
        let authorization = match self.access {
            AccessPlan::Public => Authorization::None,
            AccessPlan::Iam => Authorization::Iam(signatures),
            AccessPlan::Lambda(AuthorizerPlan { function, sources }) => {
                let authorizer = Authorizer::function(integration(integrations, function)?);
                Authorization::Lambda(sources.into_iter().fold(authorizer, Authorizer::with_source))
            }
        };
        let default = Settings::default();
        Ok(Settings {
            api_id: self.id.unwrap_or(default.api_id),
            stage: self.stage,
            stage_variables: self.stage_variables,
            routes,
            authorization,
            api_keys: self.api_keys,
            throttles: self.throttles,
            ..default
        })
    }
}

fn integration(all: &[Integration], index: usize) -> Result<Integration> {
    all.get(index).cloned().with_context(|| format!("there is no function {index}"))
}
