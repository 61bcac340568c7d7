//! JSON Schemas of a route's messages and replies, for the app's description. They belong to the route,
//! so that types without a schema can still be used.

use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use super::Route;

impl<S> Route<S> {
    /// Puts the JSON Schema of this route's messages into the app's description. The handler does not
    /// change.
    ///
    /// ```
    /// use lift_ws::{App, Json, Route};
    /// use schemars::JsonSchema;
    ///
    /// #[derive(serde::Deserialize, JsonSchema)]
    /// struct Say { text: String }
    ///
    /// let say = Route::new("say", async |Json(_): Json<Say>| ()).payload::<Say>();
    /// let app = App::new().with_route(say);
    /// let schema = app.describe().routes.pop().unwrap().payload.unwrap();
    /// assert_eq!(schema["properties"]["text"]["type"], "string");
    /// ```
    pub fn payload<T: JsonSchema>(mut self) -> Self {
        self.schemas.payload = Some(Value::from(schema_for!(T)));
        self
    }

    /// Puts the JSON Schema of this route's replies into the app's description.
    pub fn reply<T: JsonSchema>(mut self) -> Self {
        self.schemas.reply = Some(Value::from(schema_for!(T)));
        self
    }
}
