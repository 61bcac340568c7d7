//! The settings of Lift's gateway for behavior that AWS does not document, each changed to another value, and
//! the cases that notice it.

use std::{collections::HashMap, time::Duration};

use lift_conformance::Api;
use lift_gateway::{
    BadBodyFrame, BinaryMessages, BinaryPosts, ContextValues, Limits, MessageOrder, NoQuery,
    Settings, ThrottledMessages, Throttles, Undocumented,
};

/// A changed setting.
pub(crate) struct SettingChange {
    pub(crate) setting: &'static str,
    pub(crate) change: fn(Api, &mut Settings),
    pub(crate) fails: &'static [&'static str],
}

/// Settings that a client cannot notice, or that AWS does not have.
pub(crate) const EXCLUDED: [(&str, &str); 9] = [
    ("Undocumented::shutdown_code", "no client can cause a restart"),
    ("Limits::header_timeout", "set by Lift; AWS does not document slow request headers"),
    ("Limits::head_bytes", "set by Lift; as above"),
    ("Limits::in_flight", "set by Lift; the gateway reads on later, and nothing is lost"),
    ("Limits::close_timeout", "set by Lift; a client that sends a close frame does not notice it"),
    ("Limits::drain_timeout", "set by Lift; for a shutdown"),
    ("Throttles::account", "on AWS it is far above what a suite may send"),
    ("Throttles::handshakes", "as above"),
    ("Throttles::messages_per_connection", "AWS documents 1008 and not when"),
];

/// The names of all settings.
pub(crate) fn fields() -> [(&'static str, Vec<String>); 3] {
    [
        ("Undocumented", names(&format!("{:?}", Undocumented::default()))),
        ("Limits", names(&format!("{:?}", Limits::default()))),
        ("Throttles", names(&format!("{:?}", Throttles::default()))),
    ]
}

/// The field names in a `Debug` text `Name { field: value, .. }`.
fn names(debug: &str) -> Vec<String> {
    let fields = debug.split_once('{').expect("fields").1;
    let name = |field: &str| field.split_once(':').expect("a value").0.trim().to_owned();
    fields.split(", ").map(name).collect()
}

macro_rules! changes {
    ($($setting:literal: $change:expr => [$($case:literal),* $(,)?];)*) => {
        vec![$(SettingChange { setting: $setting, change: $change, fails: &[$($case),*] }),*]
    };
}

pub(crate) fn table() -> Vec<SettingChange> {
    changes! {
        "Undocumented::context_values": |_, settings| {
            settings.undocumented.context_values = ContextValues::AsGiven;
        } => ["1.1-context-as-text"];
        "Undocumented::context_in_messages": |_, settings| {
            settings.undocumented.context_in_messages = false;
        } => ["1.1-authorizer-at-messages"];
        "Undocumented::close_reason_1006": |_, settings| {
            settings.undocumented.close_reason_1006 = "Connection lost".to_owned();
        } => ["1.2-lost-reason"];
        "Undocumented::no_query": |_, settings| {
            settings.undocumented.no_query = NoQuery::Absent;
        } => ["2-no-query"];
        "Undocumented::api_key_status": |_, settings| {
            settings.undocumented.api_key_status = 401;
        } => ["2-no-api-key"];
        "Undocumented::extra_path_status": |_, settings| {
            settings.undocumented.extra_path_status = 404;
        } => ["4-extra-path"];
        "Undocumented::connect_error_status": |_, settings| {
            settings.undocumented.connect_error_status = 500;
        } => ["4-function-error", "4-crash", "4-no-status"];
        "Undocumented::connect_timeout_status": |_, settings| {
            settings.undocumented.connect_timeout_status = 500;
        } => ["4-timeout"];
        "Undocumented::one_way_error_frames": |_, settings| {
            settings.undocumented.one_way_error_frames = true;
        } => ["5.1-one-way-error-status"];
        "Undocumented::empty_replies": |_, settings| {
            settings.undocumented.empty_replies = true;
        } => ["5.1-empty-reply"];
        "Undocumented::bad_body": |_, settings| {
            settings.undocumented.bad_body = BadBodyFrame::LikeOthers;
        } => ["5.2-bad-body-form"];
        "Undocumented::throttled": |_, settings| {
            settings.undocumented.throttled = ThrottledMessages::Close;
        } => ["5.2-throttled"];
        "Undocumented::binary_messages": |_, settings| {
            settings.undocumented.binary_messages = BinaryMessages::Base64;
        } => ["5.3-binary", "5.3-binary-unseen"];
        "Undocumented::binary_posts": |_, settings| {
            settings.undocumented.binary_posts = BinaryPosts::LossyText;
        } => ["5.5-binary-post"];
        "Undocumented::pings_are_activity": |_, settings| {
            settings.undocumented.pings_are_activity = true;
        } => ["5.5-ping-is-none"];
        "Undocumented::silent_clients_skip_disconnect": |_, settings| {
            settings.undocumented.silent_clients_skip_disconnect = true;
        } => ["8-silent"];
        "Settings::order": |_, settings| {
            settings.order = MessageOrder::Serial;
        } => ["5.6-concurrent"];
        "Settings::stage_variables": |_, settings| {
            settings.stage_variables.clear();
        } => ["1.1-stage-variables"];
        "Limits::frame_bytes": |_, settings| {
            settings.limits.frame_bytes = 128 * 1024;
        } => ["5.4-frame-too-long", "5.4-post-split"];
        "Limits::message_bytes": |_, settings| {
            settings.limits.message_bytes = 256 * 1024;
        } => ["5.4-message-too-long", "6-too-large"];
        "Limits::idle": |_, settings| {
            settings.limits.idle = Duration::from_secs(600);
        } => ["1.2-idle", "5.3-idle", "5.5-ping-is-none"];
        "Limits::lifetime": |_, settings| {
            settings.limits.lifetime = Duration::from_secs(7200);
        } => ["5.3-lifetime"];
        "Limits::integration_timeout": |_, settings| {
            settings.limits.integration_timeout = Duration::from_secs(29);
        } => ["4-timeout", "5.2-timeout", "5.2-timeout-one-way", "5.2-runs-on"];
        "Limits::url_bytes": |_, settings| {
            settings.limits.url_bytes = 8192;
        } => ["4-url-length"];
        "Limits::buffered_bytes": |_, settings| {
            settings.limits.buffered_bytes = 1 << 30;
        } => ["6-slow-reader"];
        "Throttles::stage": |api, settings| {
            if api == Api::Throttled {
                // The routes' own rates go before the stage's, so these have to go as well.
                settings.throttles = Throttles::default();
            }
        } => ["2-throttled", "5.2-throttled"];
        "Throttles::routes": |_, settings| {
            settings.throttles.routes = HashMap::new();
        } => ["2-throttled", "5.2-throttled"];
    }
}
