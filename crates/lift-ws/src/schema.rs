//! JSON Schemas of what a route takes and answers, attached to the route, so that no type is forced to
//! have one.

use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use crate::Route;

impl<S> Route<S> {
    /// Says what the messages of this route are, in the app's description. Templates, docs and
    /// clients are made from it; the handler is not changed by it.
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

    /// Says what the replies of this route are, in the app's description.
    pub fn reply<T: JsonSchema>(mut self) -> Self {
        self.schemas.reply = Some(Value::from(schema_for!(T)));
        self
    }
}
