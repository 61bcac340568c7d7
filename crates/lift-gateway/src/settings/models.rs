//! The models of a route: which messages reach the function ([R-3.9]).
//!
//! API Gateway's models are JSON Schemas of draft 4. A validator for them is larger than this
//! crate, so a model is any function here. `lift dev` supplies functions that validate schemas.

use std::{collections::HashMap, fmt, sync::Arc};

use crate::Selection;

type Check = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// The models of a route. A message that no model allows gets the "Bad request body" frame, and the
/// function does not run.
///
/// ```
/// use lift_gateway::{Models, Routes};
///
/// #[derive(serde::Deserialize)]
/// struct Move { x: i32, y: i32 }
///
/// let read = |text: &str| serde_json::from_str::<Move>(text).map(drop).map_err(|e| e.to_string());
/// let routes = Routes::default().with_route("move", false).with_models("move", Models::one(read));
/// assert!(routes.contains("move"));
/// ```
#[derive(Clone)]
pub struct Models {
    selection: Selection,
    by_key: HashMap<String, Check>,
}

impl Models {
    /// One model for all messages of the route. The `Err` of `check` goes to the log.
    #[must_use]
    pub fn one(check: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self::new(Selection::default()).with_model("$default", check)
    }

    /// No models yet, so no message is allowed. Each message selects its model by `selection`, AWS's
    /// `modelSelectionExpression`.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self { selection, by_key: HashMap::new() }
    }

    /// Adds the model for messages that select `key`. The model `$default` is for messages that
    /// select no other.
    #[must_use]
    pub fn with_model(
        mut self,
        key: impl Into<String>,
        check: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.by_key.insert(key.into(), Arc::new(check));
        self
    }

    /// Whether a message may reach the function.
    pub(crate) fn check(&self, message: &str) -> Result<(), String> {
        let selected = self.selection.select(message);
        let model = selected.and_then(|key| self.by_key.get(&*key));
        match model.or_else(|| self.by_key.get("$default")) {
            Some(check) => check(message),
            None => Err("no model is selected, and there is no `$default`".to_owned()),
        }
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models")
            .field("selection", &self.selection)
            .field("keys", &self.by_key.keys())
            .finish()
    }
}
