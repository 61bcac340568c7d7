//! The attributes of a connection. They can change, so each extraction reads them.

use lift_event::EventKind;
use serde::de::DeserializeOwned;

use crate::{Call, Error, extract::FromCall, kind::HasConnection, store::Consistency};

/// The attributes that [`Accept::attributes`](crate::Accept::attributes) stored, as a type.
///
/// Costs one consistent read on a message, and none on `on_connected` and `$disconnect`. Missing
/// attributes are JSON's null: use `Attributes<Option<T>>`.
///
/// # Errors
/// `not_connected` when the connection is not stored; an `internal_error` when the store fails or
/// the attributes do not fit `T`.
///
/// ```
/// use lift_ws::{Accept, App, extract::Attributes};
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Plan { seats: u32 }
///
/// async fn connect() -> Accept {
///     Accept::user("ana").attributes(Plan { seats: 3 })
/// }
///
/// async fn seats(Attributes(plan): Attributes<Plan>) -> String {
///     plan.seats.to_string()
/// }
/// # let _ = App::new().connect(connect).route("seats", seats);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes<T>(pub T);

impl<K: HasConnection, T: DeserializeOwned + Send, S: Sync> FromCall<K, S> for Attributes<T> {
    async fn from_call(call: &Call, _: &S) -> Result<Self, Error> {
        let attributes = match call.event().kind() {
            EventKind::Message => {
                let id = call.connection_id();
                let row = call.services().store.get(&id, Consistency::Consistent).await?;
                row.ok_or_else(Error::not_connected)?.attributes
            }
            // This call wrote or removed the row, so it has the attributes already.
            EventKind::Connect | EventKind::Disconnect => {
                call.connection().await?.0.attributes.clone()
            }
        };
        Ok(Self(serde_json::from_value(attributes.unwrap_or_default())?))
    }
}
