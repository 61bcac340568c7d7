//! JSON in colours, byte for byte as it came: nothing is parsed and written anew.

use serde::de::IgnoredAny;

const KEY: &str = "\x1b[36m";
const STRING: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[33m";
const WORD: &str = "\x1b[35m";
const PLAIN: &str = "\x1b[0m";

/// A text with colours, if it is JSON.
pub(super) fn json(text: &str) -> String {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return text.to_owned();
    }
    let mut colored = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, color) = match first {
            '"' => {
                let length = string_length(rest);
                let key = rest[length..].trim_start().starts_with(':');
                (length, if key { KEY } else { STRING })
            }
            '-' | '0'..='9' => (length_while(rest, |c| !",]} \t\r\n".contains(c)), NUMBER),
            'a'..='z' => (length_while(rest, |c| c.is_ascii_lowercase()), WORD),
            other => (other.len_utf8(), ""),
        };
        let (token, after) = rest.split_at(length);
        match color {
            "" => colored.push_str(token),
            color => colored.extend([color, token, PLAIN]),
        }
        rest = after;
    }
    colored
}

/// The length of the string that the text starts with, in bytes, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn length_while(text: &str, inside: impl Fn(char) -> bool) -> usize {
    text.find(|c| !inside(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_are_added() {
        for text in [
            r#"{"a\"\\" : [1, -2.5e3,true,null , "ü🚀"], "b":{}}"#,
            "[]",
            "7",
            "\"\"",
            "not JSON",
            "{\"half\":",
            "",
        ] {
            let colored = json(text);
            let mut plain = colored.clone();
            for color in [KEY, STRING, NUMBER, WORD, PLAIN] {
                plain = plain.replace(color, "");
            }
            assert_eq!(plain, text);
            assert_eq!(
                colored == text,
                serde_json::from_str::<IgnoredAny>(text).is_err() || text == "[]"
            );
        }
        assert_eq!(json(r#"{"a":"b"}"#), format!("{{{KEY}\"a\"{PLAIN}:{STRING}\"b\"{PLAIN}}}"));
    }
}
