//! The values of all accessors of an event, to compare two events. The fuzz targets use this file too.

use lift_event::{Event, Fields};
use serde_json::Value;

/// Returns the value of each accessor, with its name.
pub(crate) fn accessor_values(event: &Event) -> Vec<(&'static str, String)> {
    let authorizer = event.authorizer().map(|raw| match serde_json::from_str::<Value>(raw.get()) {
        Ok(value) => value.to_string(),
        // Valid JSON that a `Value` cannot hold, such as 1e999.
        Err(_) => raw.get().to_owned(),
    });
    vec![
        ("kind", format!("{:?}", event.kind())),
        ("connection_id", event.connection_id().to_owned()),
        ("route_key", event.route_key().to_owned()),
        ("stage", event.stage().to_owned()),
        ("domain_name", event.domain_name().to_owned()),
        ("api_id", event.api_id().to_owned()),
        ("request_id", event.request_id().to_owned()),
        ("request_time", event.request_time().to_owned()),
        ("request_time_epoch", event.request_time_epoch().to_string()),
        ("connected_at", event.connected_at().to_string()),
        ("message_id", format!("{:?}", event.message_id())),
        ("source_ip", format!("{:?}", event.source_ip())),
        ("user_agent", format!("{:?}", event.user_agent())),
        ("disconnect_code", format!("{:?}", event.disconnect_code())),
        ("disconnect_reason", format!("{:?}", event.disconnect_reason())),
        ("body", format!("{:?}", event.body())),
        ("text", format!("{:?}", event.text())),
        ("headers", format!("{:?}", event.headers().as_ref().map(pairs).ok())),
        ("query", format!("{:?}", event.query().as_ref().map(pairs).ok())),
        ("stage_variables", format!("{:?}", event.stage_variables().as_ref().map(pairs).ok())),
        ("authorizer", format!("{authorizer:?}")),
    ]
}

fn pairs<'a>(fields: &'a Fields<'_>) -> Vec<(&'a str, &'a str)> {
    for (name, value) in fields.iter() {
        assert!(fields.get(name).is_some());
        assert!(fields.get_all(name).any(|other| other == value));
    }
    fields.iter().collect()
}
