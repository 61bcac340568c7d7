//! One invocation: the function of a route is run, and who watches is told. Between the integration
//! and the [`Backend`].

use bytes::Bytes;
use tokio::time::Instant;

use crate::{Backend, Id, InvokeError, What, integration::Gateway};

impl<B: Backend> Gateway<B> {
    /// Runs the function of a route for a connection. Who watches is told, and calls it `name`.
    pub(crate) async fn invoke(
        &self,
        id: Id,
        name: Id,
        route: &str,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        let answer = self.run(name, route, payload.clone());
        self.watched(id, name, Some(route), payload, answer).await
    }

    /// Runs the function of a route, and nobody is told.
    pub(crate) async fn run(
        &self,
        name: Id,
        route: &str,
        payload: Bytes,
    ) -> Result<Bytes, InvokeError> {
        match self.routes().function(route) {
            Some(function) => function.invoke_as(name, payload).await,
            None => self.backend.invoke_as(name, payload).await,
        }
    }

    /// Tells who watches of an invocation, before and after. The authorizer's has no route.
    pub(crate) async fn watched(
        &self,
        id: Id,
        invocation: Id,
        route: Option<&str>,
        payload: Bytes,
        answer: impl Future<Output = Result<Bytes, InvokeError>>,
    ) -> Result<Bytes, InvokeError> {
        let watch = &self.settings.watch;
        if !watch.is_on() {
            drop(payload);
            return answer.await;
        }
        let (route, started) = (route.map(str::to_owned), Instant::now());
        watch.tell(id, || What::Invoked { invocation, route, payload });
        let result = answer.await;
        let took = started.elapsed();
        watch.tell(id, || What::Answered { invocation, took, result: result.clone() });
        result
    }
}
