//! The head of a handshake in events: headers in the client's case, query decoded
//! ([R-1.1.3], [R-2.3]).

use std::{collections::BTreeMap, net::IpAddr};

use http::{HeaderName, header, request::Parts};

use crate::id;

/// Names with all their values, as in the `multiValue` maps.
pub(crate) type MultiValues = BTreeMap<String, Vec<String>>;

/// Headers that only an authorizer's event has.
const AUTHORIZER_ONLY: [HeaderName; 3] =
    [header::CONNECTION, header::UPGRADE, header::CONTENT_LENGTH];

/// Those headers, with their fixed values there.
const AUTHORIZER_HEADERS: [(&str, &str); 3] =
    [("Connection", "upgrade"), ("Upgrade", "websocket"), ("content-length", "0")];

/// The head of one handshake.
pub(crate) struct RequestHead {
    /// The headers of the `$connect` event.
    pub(crate) headers: MultiValues,
    pub(crate) query: MultiValues,
}

impl RequestHead {
    /// Adds the proxy headers. `raw` are the recorded bytes of the request, if there are any.
    pub(crate) fn new(parts: &Parts, raw: Option<&[u8]>, source: IpAddr, port: u16) -> Self {
        let mut headers = MultiValues::new();
        let sent = names(raw.unwrap_or_default());
        for (name, value) in &parts.headers {
            if !AUTHORIZER_ONLY.contains(name) {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                let sent = sent.iter().find(|sent| name.as_str().eq_ignore_ascii_case(sent));
                let name =
                    sent.map_or_else(|| title_case(name.as_str()), |sent| (*sent).to_owned());
                headers.entry(name).or_default().push(value);
            }
        }
        // Removes a header in any case and returns its values.
        let remove_all_cases = |headers: &mut MultiValues, name: &str| {
            let same = headers.extract_if(.., |key, _| key.eq_ignore_ascii_case(name));
            same.flat_map(|(_, values)| values).collect::<Vec<_>>()
        };
        let mut forwarded_for = remove_all_cases(&mut headers, "X-Forwarded-For");
        forwarded_for.push(source.to_string());
        let trace =
            remove_all_cases(&mut headers, "X-Amzn-Trace-Id").pop().unwrap_or_else(id::trace);
        let added = [
            ("X-Forwarded-For", forwarded_for.join(", ")),
            ("X-Forwarded-Port", port.to_string()),
            ("X-Forwarded-Proto", "http".to_owned()),
            ("X-Amzn-Trace-Id", trace),
        ];
        for (name, value) in added {
            remove_all_cases(&mut headers, name);
            headers.insert(name.to_owned(), vec![value]);
        }
        let mut query = MultiValues::new();
        let text = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            query.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { headers, query }
    }

    /// The headers of the authorizer's event.
    pub(crate) fn all_headers(&self) -> MultiValues {
        let added =
            AUTHORIZER_HEADERS.map(|(name, value)| (name.to_owned(), vec![value.to_owned()]));
        self.headers.clone().into_iter().chain(added).collect()
    }

    /// The value of a header, unless it is missing or empty. `name` may have any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let added = AUTHORIZER_HEADERS.iter().map(|(name, value)| (*name, Some(*value)));
        let all = self.headers.iter().map(|(name, values)| (&**name, last(values)));
        let mut matching = all.chain(added).filter(|(known, _)| known.eq_ignore_ascii_case(name));
        matching.next().and_then(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// The value of a query parameter, unless it is missing or empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).and_then(|values| last(values)).filter(|value| !value.is_empty())
    }
}

/// The last value of each name.
pub(crate) fn last_values(multi: &MultiValues) -> BTreeMap<&str, &str> {
    multi.iter().filter_map(|(name, values)| Some((&**name, last(values)?))).collect()
}

fn last(values: &[String]) -> Option<&str> {
    values.last().map(String::as_str)
}

/// The names of a request's headers as the client wrote them: the starts of lines, up to a colon.
fn names(raw: &[u8]) -> Vec<&str> {
    let lines = raw.split(|byte| *byte == b'\n').skip(1);
    let lines = lines.take_while(|line| !line.trim_ascii().is_empty());
    let names = lines.filter_map(|line| line.split(|byte| *byte == b':').next());
    names.filter_map(|name| std::str::from_utf8(name).ok()).collect()
}

/// A header's name in title case, for requests after the first one on a socket.
fn title_case(name: &str) -> String {
    let word = |word: &str| match word {
        "websocket" => "WebSocket".to_owned(),
        "dnt" | "te" | "gpc" => word.to_ascii_uppercase(),
        word => {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        }
    };
    // Browsers send the names of client hints in lower case.
    if name.starts_with("sec-ch-") {
        return name.to_owned();
    }
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::{names, title_case};

    #[test]
    fn header_names_get_their_usual_case() {
        let table = [
            ("host", "Host"),
            ("user-agent", "User-Agent"),
            ("sec-websocket-key", "Sec-WebSocket-Key"),
            ("dnt", "DNT"),
            ("sec-ch-ua", "sec-ch-ua"),
            ("x--y", "X--Y"),
        ];
        for (lower, expected) in table {
            assert_eq!(title_case(lower), expected);
        }
    }

    #[test]
    fn header_names_are_found_as_they_were_sent() {
        let raw = b"GET /x-a: HTTP/1.1\r\nHOST: h\r\nx-Token: x-key: 1\r\n\r\nbody: 1\n";
        assert_eq!(names(raw), ["HOST", "x-Token"]);
        assert!(names(b"").is_empty());
    }
}
