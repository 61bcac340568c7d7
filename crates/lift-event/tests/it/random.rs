//! Random bytes and damaged fixtures: no panic, and what decodes survives the way back.

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::support::{AUTHORIZER, EVENTS, survives};

/// Nothing is written beside the sources; a failure prints its smallest input.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Copy(Index, usize, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let token = prop_oneof![
        vec(any::<u8>(), 1..4),
        prop::sample::select(
            &["null", "{}", "[]", "\"", "\\ud83d", ",", ":", "1e999", "-1", "\\"][..]
        )
        .prop_map(|token| token.as_bytes().to_vec()),
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<Index>(), token).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<Index>(), 1usize..40).prop_map(|(at, len)| Damage::Remove(at, len)),
        (any::<Index>(), 1usize..80, any::<Index>())
            .prop_map(|(from, len, to)| Damage::Copy(from, len, to)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: Damage) {
    let len = bytes.len();
    let place = |index: Index| index.index(len + 1);
    match damage {
        Damage::Set(at, byte) => bytes[at.index(len)] = byte,
        Damage::Insert(at, new) => drop(bytes.splice(place(at)..place(at), new)),
        Damage::Remove(at, count) => drop(bytes.drain(place(at)..len.min(place(at) + count))),
        Damage::Copy(from, count, to) => {
            let part = bytes[place(from)..len.min(place(from) + count)].to_vec();
            bytes.splice(place(to)..place(to), part);
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn text_never_panics(text in "[\\[\\]{}\":,a-c0-9.\\\\u-]{0,200}") {
        survives(text.as_bytes());
    }

    #[test]
    fn damaged_fixtures_never_panic(
        fixture in prop::sample::select([&EVENTS[..], &[AUTHORIZER]].concat()),
        damages in vec(damage(), 0..4),
    ) {
        let mut bytes = fixture.as_bytes().to_vec();
        for damage in damages {
            apply(&mut bytes, damage);
            bytes.push(b' ');
        }
        survives(&bytes);
    }
}
