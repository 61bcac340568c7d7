//! Other routes for an API that is being served: what a deployment does to a stage on AWS.

use std::sync::{Arc, PoisonError, RwLock};

use super::Routes;

/// Deploys routes to an API that is being served, whose sockets stay open. Clones deploy to the same
/// API.
///
/// ```
/// use lift_gateway::{Deployment, Routes, Settings};
///
/// let deployment = Deployment::default();
/// let settings = Settings { deployment: deployment.clone(), ..Settings::default() };
/// // While `serve` runs with these settings:
/// deployment.deploy(Routes::default().with_route("say", true));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Deployment(Arc<RwLock<Option<Arc<Routes>>>>);

impl Deployment {
    /// Whatever arrives from now on finds these routes alone: messages, and the `$connect` and the
    /// `$disconnect` of clients.
    pub fn deploy(&self, routes: Routes) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(routes));
    }

    /// The routes that were deployed last, or the API's first ones.
    pub(crate) fn routes(&self, first: &Arc<Routes>) -> Arc<Routes> {
        let deployed = self.0.read().unwrap_or_else(PoisonError::into_inner);
        deployed.as_ref().unwrap_or(first).clone()
    }
}
