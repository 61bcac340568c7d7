//! Headers, query parameters and stage variables. In the event they are raw JSON; here they are parsed.

use serde::Deserialize;

use crate::{
    DecodeError,
    pairs::{Multi, Pairs, Single},
    wire::Str,
};

/// Names with their values. Sorted by name; the values of one name keep their order.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a> {
    pairs: Vec<(Str<'a>, Str<'a>)>,
    any_case: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn headers(
        single: Option<&'a str>,
        multi: Option<&'a str>,
    ) -> Result<Self, DecodeError> {
        let pairs = pairs(("headers", single), ("multiValueHeaders", multi))?;
        Ok(Self { pairs, any_case: true })
    }

    pub(crate) fn query(
        single: Option<&'a str>,
        multi: Option<&'a str>,
    ) -> Result<Self, DecodeError> {
        let single = ("queryStringParameters", single);
        let pairs = pairs(single, ("multiValueQueryStringParameters", multi))?;
        Ok(Self { pairs, any_case: false })
    }

    pub(crate) fn stage_variables(single: Option<&'a str>) -> Result<Self, DecodeError> {
        let pairs = pairs(("stageVariables", single), ("", None))?;
        Ok(Self { pairs, any_case: false })
    }

    /// The last value of a name. Header names match in any case, all others exactly.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.matching(name).last()
    }

    /// All values of a name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.matching(name)
    }

    /// All pairs; a name with several values comes several times.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    fn matching<'s, 'n>(
        &'s self,
        name: &'n str,
    ) -> impl Iterator<Item = &'s str> + use<'s, 'n, 'a> {
        let same = move |key: &str| match self.any_case {
            true => key.eq_ignore_ascii_case(name),
            false => key == name,
        };
        self.iter().filter(move |(key, _)| same(key)).map(|(_, value)| value)
    }
}

/// The pairs of the multi-value map, or else of the single-value map, which has only the last values.
fn pairs<'a>(
    single: (&str, Option<&'a str>),
    multi: (&str, Option<&'a str>),
) -> Result<Vec<(Str<'a>, Str<'a>)>, DecodeError> {
    let mut pairs = match (single, multi) {
        (_, (field, Some(raw))) => parse::<Pairs<'a, Multi>>(field, raw)?.all,
        ((field, Some(raw)), _) => parse::<Pairs<'a, Single>>(field, raw)?.all,
        _ => Vec::new(),
    };
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(pairs)
}

fn parse<'a, T: Deserialize<'a>>(field: &str, raw: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(raw).map_err(|_| DecodeError::locate::<T>(raw, field))
}
