//! Any route selection expression, up to the first line feed, on any message after it: no panic, and
//! the default expression selects the same key as serde_json.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lift_event::Selection;
use serde_json::Value;

fuzz_target!(|data: &str| {
    let (expression, message) = data.split_once('\n').unwrap_or(("", data));
    if let Ok(selection) = expression.parse::<Selection>() {
        let key = selection.select(message);
        assert!(key.is_none_or(|key| !key.starts_with('$') || !expression.starts_with('$')));
    }
    if let Ok(Value::Object(object)) = serde_json::from_str(message)
        && let Some(Value::String(action)) = object.get("action")
    {
        let expected = Some(action.as_str()).filter(|action| !action.starts_with('$'));
        assert_eq!(Selection::default().select(message).as_deref(), expected);
    }
});
