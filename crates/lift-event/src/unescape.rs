//! Unescapes a message's body in one allocation of the right size. serde_json grows a buffer step by step,
//! which would be most of the allocations of decoding an event.

use std::borrow::Cow;

use memchr::memchr;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

use crate::wire::Str;

/// Deserializes a string or null.
pub(crate) fn body<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Str<'de>>, D::Error> {
    let Some(raw) = Option::<&RawValue>::deserialize(json)? else { return Ok(None) };
    let inside = raw.get().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inside = inside.ok_or_else(|| D::Error::custom("invalid type: expected a string"))?;
    let text = text(inside).ok_or_else(|| D::Error::custom("a lone surrogate in a string"))?;
    Ok(Some(Str(text)))
}

/// The text between the quotes of a valid JSON string; `None` when it is not Unicode.
fn text(inside: &str) -> Option<Cow<'_, str>> {
    let mut rest = inside.as_bytes();
    let Some(first) = memchr(b'\\', rest) else { return Some(inside.into()) };
    let mut text = Vec::with_capacity(rest.len());
    let mut at = Some(first);
    while let Some(escape) = at {
        text.extend_from_slice(&rest[..escape]);
        rest = unescape(&rest[escape + 1..], &mut text)?;
        at = memchr(b'\\', rest);
    }
    text.extend_from_slice(rest);
    String::from_utf8(text).ok().map(Cow::Owned)
}

/// Adds the character of an escape, without its backslash, and returns the rest.
fn unescape<'a>(escape: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (kind, rest) = escape.split_first()?;
    text.push(match kind {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(rest, text),
        other => *other,
    });
    Some(rest)
}

/// `\u00e9`, or a pair such as `\ud83d\ude80`, without the first `\u`.
fn unicode<'a>(escape: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (high, rest) = unit(escape)?;
    let (meant, rest) = match char::from_u32(high.into()) {
        Some(single) => (single, rest),
        None => {
            let (low, rest) = unit(rest.strip_prefix(br"\u")?)?;
            (char::decode_utf16([high, low]).next()?.ok()?, rest)
        }
    };
    text.extend_from_slice(meant.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

fn unit(digits: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = digits.split_at_checked(4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lone_surrogates_are_no_text() {
        for inside in
            [r"\ud83d", r"\ude80", r"\ud83dx", r"\ud83d\n", r"\ud83d\u0041", r"\ude80\ud83d"]
        {
            assert_eq!(text(inside), None, "{inside}");
        }
        assert_eq!(text(r"\uD83D\uDE80"), Some("🚀".into()));
    }

    proptest! {
        #[test]
        fn any_text_comes_back(any in any::<String>()) {
            let json = serde_json::to_string(&any).unwrap();
            prop_assert_eq!(text(&json[1..json.len() - 1]), Some(any.into()));
        }

        #[test]
        fn whatever_is_valid_reads_as_serde_json_reads_it(json in r#""([a-z"é]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}){0,12}""#) {
            let raw: Result<&RawValue, _> = serde_json::from_str(&json);
            if let Ok(raw) = raw {
                let inside = &raw.get()[1..raw.get().len() - 1];
                let expected = serde_json::from_str::<String>(&json).ok();
                prop_assert_eq!(text(inside).map(Cow::into_owned), expected);
            }
        }
    }
}
