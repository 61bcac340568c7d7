//! Random bytes and damaged fixtures: no panic, and a decoded event stays equal after a round trip.

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::support::{AUTHORIZER, EVENTS, check_round_trip};

/// Failures are printed with their smallest input, and not saved in a file.
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
    let position = |index: Index| index.index(len + 1);
    match damage {
        Damage::Set(at, byte) => bytes[at.index(len)] = byte,
        Damage::Insert(at, new) => drop(bytes.splice(position(at)..position(at), new)),
        Damage::Remove(at, count) => drop(bytes.drain(position(at)..len.min(position(at) + count))),
        Damage::Copy(from, count, to) => {
            let part = bytes[position(from)..len.min(position(from) + count)].to_vec();
            bytes.splice(position(to)..position(to), part);
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        check_round_trip(&bytes);
    }

    #[test]
    fn text_never_panics(text in "[\\[\\]{}\":,a-c0-9.\\\\u-]{0,200}") {
        check_round_trip(text.as_bytes());
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
        check_round_trip(&bytes);
    }
}
