//! The state of an app: a value, or an async function that makes it before the first event.

use std::{
    error, fmt, mem,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::{Error, error::chain::Chain};

/// The state as handlers read it. Clones share it.
pub(crate) struct StateCell<S>(Arc<OnceLock<S>>);

/// Where the state of an app comes from.
pub(super) enum StateSource<S> {
    Value(S),
    Late(Box<dyn FnOnce() -> BoxFuture<'static, Result<S, Error>> + Send>),
}

/// Makes the state of one app and puts it into its cell.
pub(crate) type MakeState = Box<dyn FnOnce() -> BoxFuture<'static, Result<(), Error>> + Send>;

/// Why the state of an app could not be made.
#[derive(Clone)]
pub struct StateError(Arc<dyn error::Error + Send + Sync>);

/// The states that are still to be made, of an app and of the apps merged into it.
pub(crate) struct LateStates {
    pending: Mutex<Vec<MakeState>>,
    made: OnceCell<Result<(), StateError>>,
}

impl<S> StateCell<S> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// The state. A service makes it before the first call.
    pub(crate) fn get(&self) -> Result<&S, Error> {
        self.0.get().ok_or_else(|| Error::internal("the app's state is not made yet"))
    }
}

impl<S> Clone for StateCell<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Send + Sync + 'static> StateSource<S> {
    /// Puts a value into the cell, or returns how to make it.
    pub(super) fn fill(self, cell: &StateCell<S>) -> Option<MakeState> {
        let cell = cell.clone();
        let set = move |state| drop(cell.0.set(state));
        match self {
            Self::Value(state) => {
                set(state);
                None
            }
            Self::Late(make) => {
                Some(Box::new(move || Box::pin(async move { make().await.map(set) })))
            }
        }
    }
}

impl LateStates {
    pub(super) fn new(pending: Vec<MakeState>) -> Self {
        Self { pending: Mutex::new(pending), made: OnceCell::new() }
    }

    /// Makes all states, once: a second call waits for the first and has its result.
    pub(crate) async fn make(&self) -> Result<(), StateError> {
        let make = || async {
            let pending =
                mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
            for make in pending {
                make().await.map_err(|error| StateError(error.into_root().into()))?;
            }
            Ok(())
        };
        self.made.get_or_init(make).await.clone()
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the app's state could not be made")
    }
}

/// The error and its causes in one line.
impl fmt::Debug for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Chain(self))
    }
}

impl error::Error for StateError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.0)
    }
}
