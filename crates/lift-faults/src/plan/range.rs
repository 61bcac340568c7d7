//! The format of numbers and ranges in plans.

use std::{fmt, ops::RangeInclusive};

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

use super::model::MillisRange;

/// `300`, or `"20..300"`: from, to.
impl<'de> Deserialize<'de> for MillisRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let range = deserializer.deserialize_any(RangeText("milliseconds"))?;
        let (from, to) = range.into_inner();
        if to == u64::MAX {
            return Err(de::Error::custom("a time without an end"));
        }
        Ok(Self { from, to })
    }
}

/// `3`, `"3..7"`, `"3.."`, or a list of those; counted from 1.
pub(super) struct Numbers(pub(super) Vec<RangeInclusive<u64>>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(transparent)]
        struct One(#[serde(deserialize_with = "number")] RangeInclusive<u64>);

        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Vec<RangeInclusive<u64>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                RangeText("a number").expecting(f)?;
                f.write_str(", or a list of those")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                RangeText("a number").visit_i64(value).map(|range| vec![range])
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                RangeText("a number").visit_str(text).map(|range| vec![range])
            }

            fn visit_seq<A: de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(One(range)) = list.next_element()? {
                    all.push(range);
                }
                Ok(all)
            }
        }

        fn number<'de, D: Deserializer<'de>>(from: D) -> Result<RangeInclusive<u64>, D::Error> {
            from.deserialize_any(RangeText("a number"))
        }

        let all = deserializer.deserialize_any(List)?;
        if all.iter().any(|range| *range.start() == 0) {
            return Err(de::Error::custom("the first request is number 1"));
        }
        Ok(Self(all))
    }
}

/// A number, or a text with the ends of a range.
struct RangeText(&'static str);

impl Visitor<'_> for RangeText {
    type Value = RangeInclusive<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: 300, or \"20..300\"", self.0)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        let unexpected = de::Unexpected::Signed(value);
        let value = u64::try_from(value).map_err(|_| E::invalid_value(unexpected, &self))?;
        Ok(value..=value)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let wrong = || E::invalid_value(de::Unexpected::Str(text), &self);
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
        let Some((from, to)) = text.split_once("..") else {
            let value = number(text)?;
            return Ok(value..=value);
        };
        let from = number(from)?;
        let to = if to.trim().is_empty() { u64::MAX } else { number(to)? };
        if from > to {
            return Err(E::custom(format!("{from} is more than {to}")));
        }
        Ok(from..=to)
    }
}
