//! The app's state, and the call and the event themselves.

use lift_event::Event;

use crate::{Call, Error, extract::FromCall, kind::CallKind};

/// The state that was given to [`App::with_state`](crate::App::with_state). It is cloned for each
/// call, so put a large one into an `Arc`. Never fails.
///
/// ```
/// use std::sync::Arc;
/// use lift_ws::{App, State};
///
/// struct Settings { greeting: String }
///
/// async fn greet(State(settings): State<Arc<Settings>>) -> String {
///     settings.greeting.clone()
/// }
///
/// let settings = Arc::new(Settings { greeting: "Hi!".to_owned() });
/// # let _ =
/// App::with_state(settings).route("greet", greet);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct State<S>(pub S);

impl<K: CallKind, S: Clone + Send + Sync> FromCall<K, S> for State<S> {
    async fn from_call(_: &Call, state: &S) -> Result<Self, Error> {
        Ok(Self(state.clone()))
    }
}

impl<K: CallKind, S: Sync> FromCall<K, S> for Call {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(call.clone())
    }
}

impl<K: CallKind, S: Sync> FromCall<K, S> for Event {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(call.event().clone())
    }
}
