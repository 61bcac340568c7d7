//! Values that several commands take, checked by the rules of AWS.

use std::net::{IpAddr, SocketAddr};

use lift_event::limits;

/// The stage, when nothing names one.
pub(crate) const DEFAULT_STAGE: &str = "local";

/// An address with a port. A port alone is on 127.0.0.1, and so is `localhost`.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    if let Ok(port) = port.parse() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let host = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Err(format!("the port is missing: write {}", SocketAddr::new(ip, 3001)));
    }
    text.parse().map_err(|_| {
        "not an address with a port, such as 127.0.0.1:3001, [::1]:3001 or 3001; names are not resolved"
            .to_owned()
    })
}

/// The name of a stage, by API Gateway's rule.
pub(crate) fn stage(text: &str) -> Result<String, String> {
    if (1..=limits::STAGE_NAME_CHARS).contains(&text.len()) && text.chars().all(is_name_char) {
        return Ok(text.to_owned());
    }
    Err("the name of a stage has 1 to 128 letters, digits, `-` and `_`".to_owned())
}

/// The name of a function, by Lambda's rule.
pub(super) fn function_name(text: &str) -> Result<String, String> {
    if (1..=64).contains(&text.len()) && text.chars().all(is_name_char) {
        return Ok(text.to_owned());
    }
    Err("the name of a function has 1 to 64 letters, digits, `-` and `_`".to_owned())
}

/// The name of a table, by DynamoDB's rule.
pub(super) fn table_name(text: &str) -> Result<String, String> {
    let is_allowed = |c: char| is_name_char(c) || c == '.';
    if (3..=255).contains(&text.len()) && text.chars().all(is_allowed) {
        return Ok(text.to_owned());
    }
    Err("the name of a table has 3 to 255 letters, digits, `-`, `_` and `.`".to_owned())
}

/// The name of a queue, by SQS' rule.
pub(super) fn queue_name(text: &str) -> Result<String, String> {
    let name = text.strip_suffix(".fifo").unwrap_or(text);
    if (1..=80).contains(&text.len()) && !name.is_empty() && name.chars().all(is_name_char) {
        return Ok(text.to_owned());
    }
    Err("the name of a queue has 1 to 80 letters, digits, `-` and `_`, and may end with `.fifo`"
        .to_owned())
}

/// A size in bytes, with a decimal unit.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &*text[digits.len()..].to_ascii_uppercase() {
        "" | "B" => 1,
        "K" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        _ => return Err("write a size in bytes, or with a unit: 500KB, 500MB or 2GB".to_owned()),
    };
    let number: Option<u64> = digits.parse().ok();
    match number.and_then(|number| number.checked_mul(factor)) {
        Some(size) if size >= 1_000 => Ok(size),
        _ => Err("write a size of at least 1KB, such as 500MB or 2GB".to_owned()),
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}
