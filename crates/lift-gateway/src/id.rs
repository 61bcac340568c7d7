//! Ids in API Gateway's form: 16 characters of base64url, the last of them `=`.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE};

/// How many random bytes an id has; 88 bits, so that a connection's id cannot be guessed.
const RANDOM: usize = 11;

/// The id of a connection, a request or a message. Copied, never allocated.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id([u8; 16]);

impl Id {
    /// A new id from the operating system's random numbers.
    #[must_use]
    pub fn random() -> Self {
        let mut id = [0; 16];
        let encoded = URL_SAFE.encode_slice(random::<RANDOM>(), &mut id);
        debug_assert_eq!(encoded, Ok(id.len()), "11 bytes are 16 characters");
        Self(id)
    }

    /// Reads an id; `None` when the text does not have the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id: [u8; 16] = text.as_bytes().try_into().ok()?;
        let (end, body) = id.split_last()?;
        let known = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        (*end == b'=' && body.iter().all(known)).then_some(Self(id))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors accept only ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without random numbers no id would be safe.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Random bytes in hexadecimal.
pub(crate) fn hex<const N: usize>() -> String {
    random::<N>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A request id in Lambda's form, a version 4 UUID.
pub(crate) fn uuid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A trace id in X-Ray's form, for an event that happens now.
pub(crate) fn trace() -> String {
    format!("Root=1-{:08x}-{}", jiff::Timestamp::now().as_second(), hex::<12>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_id_has_the_form_of_an_id() {
        let id = Id::random();
        assert_eq!(Id::parse(id.as_str()), Some(id));
        assert_ne!(Id::random(), id);
    }

    #[test]
    fn ids_of_aws_have_the_form_and_others_do_not() {
        for good in ["R1kmxc2VNjMCFIA=", "Vq8_edKIjoECGrg=", "--__edKIjoECGrg="] {
            assert!(Id::parse(good).is_some(), "{good}");
        }
        for bad in ["", "=", "R1kmxc2VNjMCFIA", "R1kmxc2VNjMCFIAA", "R1km/c2VNjMCFIA=", "héééééé="]
        {
            assert!(Id::parse(bad).is_none(), "{bad}");
        }
    }
}
