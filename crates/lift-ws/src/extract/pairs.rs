//! A deserializer for names with text values: query parameters, stage variables and authorizer context.
//!
//! API Gateway sends all of them as strings, so numbers and booleans are parsed from their text, as in
//! a form. Errors name the field and never quote a value, because it may be a token.

use std::{error, fmt, slice::ChunkBy};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, Expected, IntoDeserializer, MapAccess, Unexpected, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

type Pair<'de> = (&'de str, &'de str);

/// Makes a `T` of pairs of name and value, sorted by name. Pairs with the same name are one field.
pub(super) fn parse<'de, T: Deserialize<'de>>(pairs: &[Pair<'de>]) -> Result<T, PairsError> {
    let fields = Fields { left: pairs.chunk_by(|one, next| one.0 == next.0), next: &[] };
    T::deserialize(MapAccessDeserializer::new(fields))
}

/// Why the text does not fit the type.
#[derive(Debug)]
pub(super) struct PairsError(String);

impl fmt::Display for PairsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for PairsError {}

impl de::Error for PairsError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self(format!("expected one of `{}`", expected.join("`, `")))
    }
}

struct Fields<'p, 'de> {
    left: ChunkBy<'p, Pair<'de>, fn(&Pair<'de>, &Pair<'de>) -> bool>,
    /// The field whose name was read and whose value is next.
    next: &'p [Pair<'de>],
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = PairsError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, PairsError> {
        let Some(pairs) = self.left.next() else { return Ok(None) };
        self.next = pairs;
        let name = pairs.first().map_or("", |(name, _)| name);
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, PairsError> {
        let pairs = std::mem::take(&mut self.next);
        let at = |error| match pairs.first() {
            Some((name, _)) => PairsError(format!("`{name}`: {error}")),
            None => error,
        };
        seed.deserialize(Field(pairs)).map_err(at)
    }
}

/// One field: a value, or several.
struct Field<'p, 'de>(&'p [Pair<'de>]);

impl<'de> Field<'_, 'de> {
    /// The value, when there is exactly one.
    fn one(&self) -> Result<&'de str, PairsError> {
        match self.0 {
            [(_, value)] => Ok(value),
            _ => Err(PairsError("is there more than once".to_owned())),
        }
    }
}

impl<'de> IntoDeserializer<'de, PairsError> for Field<'_, 'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairsError> {
            match self.one()?.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(PairsError(format!("expected {}", &visitor as &dyn Expected))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Field<'_, 'de> {
    type Error = PairsError;

    parsed! {
        deserialize_bool visit_bool,
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_i128 visit_i128,
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_u128 visit_u128,
        deserialize_f32 visit_f32,
        deserialize_f64 visit_f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairsError> {
        visitor.visit_borrowed_str(self.one()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairsError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, PairsError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PairsError> {
        visitor.visit_enum(self.one()?.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairsError> {
        visitor.visit_seq(SeqDeserializer::new(self.0.chunks(1).map(Field)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, PairsError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PairsError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple_struct map struct identifier
    }
}
