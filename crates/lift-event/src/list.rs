//! Headers that are lists, such as the subprotocols of `Sec-WebSocket-Protocol`.

/// The items of a header that is a list (RFC 9110, section 5.6.1): its values, which may come in
/// several lines, are split at commas and trimmed, and empty items are dropped.
///
/// ```
/// let values = ["chat.v2, chat.v1", " chat.v0,,"];
/// let items: Vec<&str> = lift_event::list_items(values).collect();
/// assert_eq!(items, ["chat.v2", "chat.v1", "chat.v0"]);
/// ```
pub fn list_items<'a>(values: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let items = values.into_iter().flat_map(|value| value.split(','));
    items.map(str::trim_ascii).filter(|item| !item.is_empty())
}
