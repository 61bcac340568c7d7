//! The stage of the API that sent the event, and its variables.

use std::fmt;

use serde::de::DeserializeOwned;

use super::pairs;
use crate::{Call, Error, extract::FromCall, kind::CallKind};

/// The name of the stage, such as `prod`.
///
/// ```
/// use lift_ws::{App, extract::Stage};
///
/// async fn version(stage: Stage) -> String {
///     format!("this is {stage}")
/// }
/// # let _ = App::new().route("version", version);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Stage(String);

impl Stage {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The stage's variables as a type.
///
/// They are strings; numbers, booleans and unit enums are parsed from them. Use `Option` or
/// `#[serde(default)]` for variables that a stage may not have.
///
/// # Errors
/// `internal_error` when a variable does not fit `T`; the log names it.
///
/// ```
/// use lift_ws::{App, extract::StageVariables};
///
/// #[derive(serde::Deserialize)]
/// struct Settings { greeting: String, #[serde(default)] beta: bool }
///
/// async fn greet(StageVariables(settings): StageVariables<Settings>) -> String {
///     settings.greeting
/// }
/// # let _ = App::new().route("greet", greet);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageVariables<T>(pub T);

impl<K: CallKind, S: Sync> FromCall<K, S> for Stage {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        Ok(Self(call.event().stage().to_owned()))
    }
}

impl<K: CallKind, T: DeserializeOwned + Send, S: Sync> FromCall<K, S> for StageVariables<T> {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let variables = call.event().stage_variables()?;
        let pairs: Vec<_> = variables.iter().collect();
        let error = |error| Error::internal(format!("the stage's variables: {error}"));
        pairs::parse(&pairs).map(Self).map_err(error)
    }
}
