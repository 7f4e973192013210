//! What the database under a server costs: `cargo bench --bench storage`.
//!
//! Each figure is for one operation on a small `kv` table of 10 keys, as a workload writes it, unless it says
//! otherwise.

use divan::{Bencher, black_box};
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::storage::{Change, Database};

fn main() {
    divan::main();
}

fn kv(rows: i64) -> Database {
    let mut database = Database::new(Flavor::Postgresql, 1).expect("opens");
    database.execute("CREATE TABLE kv (id INTEGER PRIMARY KEY, value)").expect("creates");
    for id in 0..rows {
        database.upsert_kv(id, 0).expect("inserts");
    }
    database
}

/// The budget of DESIGN.md: a write executed on one database and applied on two others, 4.2 µs.
#[divan::bench(sample_size = 200)]
fn upsert_and_two_applies(bencher: Bencher<'_, '_>) {
    let mut primary = kv(10);
    let mut replicas = [kv(10), kv(10)];
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        let outcome = primary.upsert_kv(number % 10, number).expect("upserts");
        for replica in &mut replicas {
            for change in &outcome.changes {
                replica.apply(change).expect("applies");
            }
        }
        black_box(outcome);
    });
}

#[divan::bench(sample_size = 200)]
fn upsert_and_two_applies_with_codec_and_checksums(bencher: Bencher<'_, '_>) {
    let mut primary = kv(10);
    let mut replicas = [kv(10), kv(10)];
    let mut number = 0;
    let mut bytes = Vec::new();
    bencher.bench_local(|| {
        number += 1;
        let outcome = primary.upsert_kv(number % 10, number).expect("upserts");
        bytes.clear();
        for change in &outcome.changes {
            change.encode(&mut bytes);
        }
        for replica in &mut replicas {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                replica.apply(&Change::decode(&mut rest).expect("decodes")).expect("applies");
            }
            black_box(replica.checksum());
        }
        black_box(primary.checksum());
    });
}

#[divan::bench(args = [10, 10_000], sample_size = 50)]
fn upsert(bencher: Bencher<'_, '_>, rows: i64) {
    let mut database = kv(rows);
    let mut number = 0_i64;
    bencher.bench_local(|| {
        number += 1;
        drop(black_box(database.upsert_kv(number * 7919 % rows, number).expect("upserts")));
    });
}

#[divan::bench(sample_size = 200)]
fn apply_update(bencher: Bencher<'_, '_>) {
    let mut primary = kv(10);
    let mut replica = kv(10);
    let change = primary.upsert_kv(3, 4).expect("upserts").changes.remove(0);
    bencher.bench_local(|| replica.apply(&change).expect("applies"));
}

#[divan::bench(sample_size = 200)]
fn read_by_key(bencher: Bencher<'_, '_>) {
    let mut database = kv(10);
    bencher.bench_local(|| database.read_kv(black_box(3)).expect("reads"));
}

#[divan::bench(sample_size = 200)]
fn execute_text(bencher: Bencher<'_, '_>) {
    let mut database = kv(10);
    bencher.bench_local(|| {
        drop(black_box(database.execute("UPDATE kv SET value = value + 1 WHERE id = 3").expect("updates")));
    });
}

#[divan::bench(sample_size = 200)]
fn query_text(bencher: Bencher<'_, '_>) {
    let mut database = kv(10);
    bencher.bench_local(|| drop(black_box(database.query("SELECT * FROM kv").expect("reads"))));
}

#[divan::bench(args = [10, 1_000], sample_size = 50)]
fn image_after_a_write(bencher: Bencher<'_, '_>, rows: i64) {
    let mut database = kv(rows);
    bencher.bench_local(|| {
        database.upsert_kv(1, 2).expect("upserts");
        database.image().expect("takes an image")
    });
}

#[divan::bench(sample_size = 200)]
fn clone_unchanged(bencher: Bencher<'_, '_>) {
    let database = kv(10);
    bencher.bench_local(|| database.clone());
}

#[divan::bench(args = [10, 1_000], sample_size = 50)]
fn clone_and_use(bencher: Bencher<'_, '_>, rows: i64) {
    let database = kv(rows);
    bencher.bench_local(|| {
        let mut clone = database.clone();
        clone.read_kv(1).expect("reads");
        clone
    });
}

#[divan::bench(args = [10, 1_000], sample_size = 50)]
fn restore(bencher: Bencher<'_, '_>, rows: i64) {
    let mut database = kv(rows);
    let image = database.image().expect("takes an image");
    bencher.bench_local(|| database.restore(&image).expect("restores"));
}
