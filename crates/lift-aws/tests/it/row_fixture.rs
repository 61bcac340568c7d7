//! A row for the tests.

use std::time::{SystemTime, UNIX_EPOCH};

use lift_ws::{event::Timestamp, store::Row};

/// A row with a fixed id, which opened within the last minute.
pub(crate) fn row() -> Row {
    row_of("R1kmxc2VNjMCFIA=")
}

pub(crate) fn row_of(id: &str) -> Row {
    Row {
        id: id.into(),
        user: Some("ana".into()),
        tenant: Some("a#b".into()),
        endpoint: "https://k3v9example.execute-api.eu-west-1.amazonaws.com/prod".into(),
        connected_at: Timestamp::from_millis(now_millis() / 60_000 * 60_000),
        attributes: None,
    }
}

pub(crate) fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("fits 64 bits")
}
