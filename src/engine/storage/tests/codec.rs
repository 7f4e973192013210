use proptest::prelude::*;

use super::*;

/// Any value, with the corners more often.
pub(super) fn any_value() -> impl Strategy<Value = Value> {
    let real =
        prop_oneof![any::<f64>().prop_filter("a number", |real| !real.is_nan()), Just(-0.0), Just(f64::INFINITY)];
    prop_oneof![
        Just(Value::Null),
        prop_oneof![any::<i64>(), -3..3_i64, Just(i64::MIN), Just(i64::MAX)].prop_map(Value::Integer),
        real.prop_map(Value::Real),
        any::<String>().prop_map(|text| Value::Text(text.into())),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Blob),
    ]
}

fn any_key() -> impl Strategy<Value = RowKey> {
    prop_oneof![
        any::<i64>().prop_map(RowKey::Rowid),
        prop::collection::vec(any_value(), 0..3).prop_map(RowKey::Primary)
    ]
}

fn any_change() -> impl Strategy<Value = Change> {
    let row = || prop::collection::vec(any_value(), 0..6);
    let op = prop_oneof![
        row().prop_map(|new| RowOp::Insert { new }),
        (row(), row()).prop_map(|(old, new)| RowOp::Update { old, new }),
        row().prop_map(|old| RowOp::Delete { old }),
    ];
    let row = (any::<String>(), any_key(), prop::option::of(any_key()), op).prop_map(|(table, key, moved_to, op)| {
        let moved_to = moved_to.filter(|_| matches!(op, RowOp::Update { .. }));
        Change::Row(RowChange { table: table.into(), key, moved_to, op })
    });
    prop_oneof![
        4 => row,
        1 => any::<String>().prop_map(|sql| Change::Ddl { sql: sql.into() }),
        1 => (any::<String>(), any::<i64>(), any::<Option<u64>>()).prop_map(|(sql, timestamp_us, rand_seed)| {
            Change::Statement(StatementEvent { sql: sql.into(), timestamp_us, rand_seed })
        }),
    ]
}

proptest! {
    #[test]
    fn reads_what_it_writes(changes in prop::collection::vec(any_change(), 1..5)) {
        let mut bytes = Vec::new();
        for change in &changes {
            change.encode(&mut bytes);
        }
        let mut rest = bytes.as_slice();
        for change in &changes {
            prop_assert_eq!(&Change::decode(&mut rest).expect("decodes"), change);
        }
        prop_assert!(rest.is_empty());
        // Every true prefix ends too early.
        let mut short = Vec::new();
        changes[0].encode(&mut short);
        for length in 0..short.len() {
            prop_assert!(Change::decode(&mut &short[..length]).is_err());
        }
    }

    #[test]
    fn takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut rest = bytes.as_slice();
        while Change::decode(&mut rest).is_ok() {}
    }

    #[test]
    fn takes_flipped_bits(change in any_change(), at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = Vec::new();
        change.encode(&mut bytes);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        let _ = Change::decode(&mut bytes.as_slice());
    }
}

#[test]
fn is_compact() {
    let mut bytes = Vec::new();
    let mut database = database(&[KV]);
    database.upsert_kv(3, 70).expect("inserts").changes[0].encode(&mut bytes);
    // Tag, table, key, count, two integers.
    assert_eq!(bytes, [1, 2, b'k', b'v', 0, 6, 2, 1, 6, 1, 140, 1]);
}

#[test]
fn refuses_lengths_that_are_not_there() {
    for bytes in [
        &[5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1][..],
        &[5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f],
        &[1, 0, 9],
        &[0],
        &[],
    ] {
        assert!(Change::decode(&mut &bytes[..]).is_err(), "{bytes:?}");
    }
}

#[test]
fn tells_what_is_locked() {
    let mut database = database(&[KV, "INSERT INTO kv VALUES (1, 1)"]);
    let changes = run(&mut database, "UPDATE kv SET id = 2").changes;
    let keys: Vec<_> = changes[0].lock_keys().map(|(table, key)| (table.to_string(), key.clone())).collect();
    assert_eq!(keys, [("kv".to_owned(), RowKey::Rowid(1)), ("kv".to_owned(), RowKey::Rowid(2))]);
    assert_eq!(Change::Ddl { sql: "x".into() }.lock_keys().count(), 0);
}
