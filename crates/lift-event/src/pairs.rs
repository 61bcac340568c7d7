//! A JSON map from names to values, or to lists of values, read into one list of pairs.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

use crate::wire::Str;

/// The initial capacity: a browser's handshake has 14 headers.
const CAPACITY: usize = 16;

/// The pairs of a map. One list needs fewer allocations than a map with a list for each name.
pub(crate) struct Pairs<'a, V> {
    pub(crate) all: Vec<(Str<'a>, Str<'a>)>,
    values: PhantomData<V>,
}

/// A name has one value, or null.
pub(crate) struct Single;

/// A name has a list of values, which may be null.
pub(crate) struct Multi;

pub(crate) trait Values {
    fn read<'de, M: MapAccess<'de>>(
        name: Str<'de>,
        map: &mut M,
        into: &mut Vec<(Str<'de>, Str<'de>)>,
    ) -> Result<(), M::Error>;
}

impl Values for Single {
    fn read<'de, M: MapAccess<'de>>(
        name: Str<'de>,
        map: &mut M,
        into: &mut Vec<(Str<'de>, Str<'de>)>,
    ) -> Result<(), M::Error> {
        let value: Option<Str<'de>> = map.next_value()?;
        into.extend(value.map(|value| (name, value)));
        Ok(())
    }
}

impl Values for Multi {
    fn read<'de, M: MapAccess<'de>>(
        name: Str<'de>,
        map: &mut M,
        into: &mut Vec<(Str<'de>, Str<'de>)>,
    ) -> Result<(), M::Error> {
        map.next_value_seed(List { name, into })
    }
}

impl<'de: 'a, 'a, V: Values> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Map::<V>(PhantomData))
    }
}

struct Map<V>(PhantomData<V>);

impl<'de, V: Values> Visitor<'de> for Map<V> {
    type Value = Pairs<'de, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut all = Vec::with_capacity(CAPACITY);
        while let Some(name) = map.next_key()? {
            V::read(name, &mut map, &mut all)?;
        }
        Ok(Pairs { all, values: PhantomData })
    }
}

struct List<'i, 'de> {
    name: Str<'de>,
    into: &'i mut Vec<(Str<'de>, Str<'de>)>,
}

impl<'de> DeserializeSeed<'de> for List<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for List<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while let Some(value) = values.next_element::<Option<Str<'de>>>()? {
            self.into.extend(value.map(|value| (self.name.clone(), value)));
        }
        Ok(())
    }
}
