//! A message's body as a type, checked with the type's rules. Needs the feature `valid`.

use garde::{Report, Validate};
use serde::de::DeserializeOwned;

use super::truncate;
use crate::{Call, Error, Json, extract::FromCall, kind::Message};

/// A message's body, parsed as [`Json`] does and checked with the rules of [`garde`].
///
/// Derive `garde::Validate` for `T`. The macro needs `garde` with the feature `derive` in your
/// `Cargo.toml`, in the same version as `lift_ws::garde`. If the rules use a context, it is
/// `Default::default()`. Errors have the names of fields in Rust, also of fields that serde renames.
///
/// # Errors
/// `invalid_payload`, with each field's path and the rule that it broke, cut at 200 characters. The
/// rules of garde never quote the payload.
///
/// ```
/// use garde::Validate;
/// use lift_ws::{App, Valid};
///
/// #[derive(serde::Deserialize, Validate)]
/// struct Say { #[garde(length(min = 1, max = 500))] text: String }
///
/// // The error for {"text":""}: `text`: length is lower than 1
/// async fn say(Valid(said): Valid<Say>) -> String {
///     said.text
/// }
/// # let _ = App::new().route("say", say);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Valid<T>(pub T);

impl<T, S> FromCall<Message, S> for Valid<T>
where
    T: DeserializeOwned + Validate<Context: Default> + Send,
    S: Sync,
{
    async fn from_call(call: &Call, state: &S) -> Result<Self, Error> {
        let Json(value) = <Json<T> as FromCall<Message, S>>::from_call(call, state).await?;
        match value.validate() {
            Ok(()) => Ok(Self(value)),
            Err(report) => Err(Error::invalid_payload(truncate(&message(&report)))),
        }
    }
}

fn message(report: &Report) -> String {
    let faults = report.iter().map(|(path, rule)| match path.to_string().as_str() {
        "" => rule.to_string(),
        path => format!("`{path}`: {rule}"),
    });
    faults.collect::<Vec<_>>().join("; ")
}
