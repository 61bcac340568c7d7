//! A message's body out of its JSON string, in one allocation of the right size. serde_json's own way
//! grows a buffer step by step, which is most of what decoding an event would allocate.

use std::borrow::Cow;

use memchr::memchr;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

use crate::Str;

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
    let backslash = |text: &str| memchr(b'\\', text.as_bytes());
    let Some(first) = backslash(inside) else { return Some(inside.into()) };
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    let mut at = Some(first);
    while let Some(escape) = at {
        text.push_str(&rest[..escape]);
        let (meant, length) = unescape(&rest[escape..])?;
        text.push(meant);
        rest = &rest[escape + length..];
        at = backslash(rest);
    }
    text.push_str(rest);
    Some(text.into())
}

/// What an escape means, and how many bytes it takes.
fn unescape(escape: &str) -> Option<(char, usize)> {
    let meant = match escape.as_bytes().get(1)? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(escape),
        other @ (b'"' | b'\\' | b'/') => char::from(*other),
        _ => return None,
    };
    Some((meant, 2))
}

/// `\u00e9`, or a pair such as `\ud83d\ude80`.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(escape.get(at..at + 4)?, 16).ok();
    let high = unit(2)?;
    if let Some(single) = char::from_u32(high.into()) {
        return Some((single, 6));
    }
    escape.get(6..8).filter(|start| *start == "\\u")?;
    let pair = char::decode_utf16([high, unit(8)?]).next()?.ok()?;
    Some((pair, 12))
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
