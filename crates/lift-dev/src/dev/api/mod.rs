//! The API of a plan: what the app says of itself goes in, and what the gateway serves comes out.

pub(crate) mod access;
pub(crate) mod listen;
pub(crate) mod models;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use lift_gateway::{Authorization, Authorizer, Routes, Selection, Settings, Signatures};

use crate::dev::{
    functions::Target,
    plan::{AccessPlan, ApiPlan, AuthorizerPlan, RoutePlan},
    program::describe::{self, Description},
};

impl ApiPlan {
    /// Adds what the function `app` says of itself, where nothing else was said.
    pub(crate) fn fill_in(&mut self, app: usize, description: Description) -> Result<()> {
        if let (None, Some(text)) = (&self.selection, description.settings.selection) {
            self.selection = Some(text.parse::<Selection>().context("the app's route selection")?);
        }
        for describe::Route { key, two_way } in description.routes {
            if self.routes.iter().all(|route| route.key != key) {
                self.routes.push(RoutePlan { key, two_way, function: app, models: None });
            }
        }
        Ok(())
    }

    /// The keys of its routes.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        self.routes.iter().map(|route| route.key.clone()).collect()
    }

    /// Its routes, each with its function among `targets`, which are those of the plan.
    pub(crate) fn routes(&self, targets: &[Target]) -> Result<Routes> {
        let mut routes = Routes::new(self.selection.clone().unwrap_or_default());
        for RoutePlan { key, two_way, function, models } in &self.routes {
            let function = target(targets, *function)?;
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

    /// The gateway's settings, so far as they are here. Handshakes need one of `signatures` where the
    /// API says so.
    pub(crate) fn settings(self, targets: &[Target], signatures: Signatures) -> Result<Settings> {
        let routes = self.routes(targets)?;
        let authorization = match self.access {
            AccessPlan::Everybody => Authorization::None,
            AccessPlan::Iam => Authorization::Iam(signatures),
            AccessPlan::Lambda(AuthorizerPlan { function, sources }) => {
                let authorizer = Authorizer::function(target(targets, function)?);
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

fn target(targets: &[Target], number: usize) -> Result<Target> {
    targets.get(number).cloned().with_context(|| format!("there is no function {number}"))
}
