//! The stage that the event came through, and its variables.

use serde::de::DeserializeOwned;

use super::pairs;
use crate::{Call, Error, extract::FromCall, kind::CallKind};

/// The name of the stage, such as `prod`.
///
/// ```
/// use lift_ws::{App, extract::Stage};
///
/// async fn version(Stage(stage): Stage) -> String {
///     format!("this is {stage}")
/// }
/// # let _ = App::new().route("version", version);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage(pub String);

/// The stage's variables as a type.
///
/// They are strings; numbers, booleans and unit enums are parsed out of them. A stage without
/// variables is one with none, so that fields which are `Option` or `#[serde(default)]` work there.
///
/// # Errors
/// Variables that do not fit `T` are the server's to mend: an `internal_error`, and the log names
/// the variable.
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
        let fault = |fault| Error::internal(format!("the stage's variables: {fault}"));
        pairs::parse(&pairs).map(Self).map_err(fault)
    }
}
