//! The API of a plan: what the app says of itself goes in, and what the gateway serves comes out.

use anyhow::{Context as _, Result};
use lift_gateway::{Authorization, Authorizer, Routes, Selection, Settings};

use crate::dev::describe::{self, Description};
use crate::dev::functions::Target;
use crate::dev::plan::{ApiPlan, AuthorizerPlan, RoutePlan};

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

    /// The gateway's settings, so far as they are here. `targets` are the functions of the plan.
    pub(crate) fn settings(self, targets: &[Target]) -> Result<Settings> {
        let target = |number: usize| {
            targets.get(number).cloned().with_context(|| format!("there is no function {number}"))
        };
        let mut routes = Routes::new(self.selection.unwrap_or_default());
        for RoutePlan { key, two_way, function, models } in self.routes {
            routes = routes.with_route(&key, two_way).with_function(&key, target(function)?);
            if let Some(models) = models {
                routes = routes.with_models(&key, models);
            }
        }
        let authorization = match self.authorizer {
            None => Authorization::None,
            Some(AuthorizerPlan { function, sources }) => {
                let authorizer = Authorizer::function(target(function)?);
                Authorization::Lambda(sources.into_iter().fold(authorizer, Authorizer::with_source))
            }
        };
        Ok(Settings {
            stage: self.stage,
            stage_variables: self.stage_variables,
            routes,
            authorization,
            api_keys: self.api_keys,
            throttles: self.throttles,
            ..Settings::default()
        })
    }
}
