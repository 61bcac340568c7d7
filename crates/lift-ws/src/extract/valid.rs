//! A message's body as a type that also passes its own rules. Needs the feature `valid`.

use garde::{Report, Validate};
use serde::de::DeserializeOwned;

use super::told;
use crate::{Call, Error, Json, extract::FromCall, kind::Message};

/// A message's body, parsed as [`Json`] does and checked with the rules of [`garde`].
///
/// Derive `garde::Validate` for `T`; its macro needs `garde` with the feature `derive` in your own
/// `Cargo.toml`, in the version that `lift_ws::garde` is. A context, if the rules use one, is made
/// by its `Default`. garde knows fields by their names in Rust, so that one which serde renames is
/// named as in Rust when it breaks a rule.
///
/// # Errors
/// `invalid_payload`, with each field's path and the rule that it broke, cut at 200 characters. It
/// never quotes the payload; rules of your own say what they return.
///
/// ```
/// use garde::Validate;
/// use lift_ws::{App, Valid};
///
/// #[derive(serde::Deserialize, Validate)]
/// struct Say { #[garde(length(min = 1, max = 500))] text: String }
///
/// // {"text":""} brings: `text`: length is lower than 1
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
            Err(report) => Err(Error::invalid_payload(told(&message(&report)))),
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
