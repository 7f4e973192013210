//! Hostile input: every input that is kept in `fuzz/corpus`, and changes of them drawn from a seed, through the same checks as
//! the fuzz targets. `HOSTILE_ROUNDS=100000 cargo test --profile quick --test hostile` goes on for longer.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;
use std::path::Path;

use rand_pcg::Pcg32;
use replication_lab::engine::chance::below;
use replication_lab::engine::log::record;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::Run;

/// What inputs are given to, in a file of its own, which the fuzz targets share.
#[path = "../fuzz/src/targets.rs"]
#[allow(dead_code, reason = "the targets are called by their table here")]
mod targets;

/// The inputs of a target, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Records of real logs: an input of each length and kind. `HOSTILE_WRITE=1` keeps them in the corpus.
fn records() -> Vec<Vec<u8>> {
    let text = include_str!("data/everything-at-once.toml");
    let scenario = Scenario::parse(text, Format::Toml, "everything").unwrap();
    let mut run = Run::new(scenario.setup.clone(), scenario.schedule.clone(), ()).unwrap();
    run.run_until(SimTime(scenario.duration_us));
    let mut kinds = BTreeMap::new();
    for node in run.world().nodes() {
        for (_, start, bytes) in run.world().log_on_disk(node) {
            let mut at = 0;
            while let Ok(length) = record::verify(&bytes[at..], start.plus(at)) {
                let record = &bytes[at..at + length];
                kinds.entry((record[16], record.get(17).copied(), length / 40)).or_insert_with(|| record.to_vec());
                at += length;
            }
        }
    }
    let records: Vec<Vec<u8>> = kinds.into_values().collect();
    if std::env::var_os("HOSTILE_WRITE").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/log_record");
        for (index, record) in records.iter().enumerate() {
            std::fs::write(folder.join(format!("record{index}")), record).unwrap();
            // What stands in a record, as it is decoded by itself.
            std::fs::write(folder.join(format!("payload{index}")), &record[17..]).unwrap();
        }
    }
    records
}

/// An input that was changed here and there, or crossed with another.
fn changed(inputs: &[Vec<u8>], random: &mut Pcg32) -> Vec<u8> {
    let pick = |random: &mut Pcg32| inputs[below(inputs.len() as u64, random) as usize].clone();
    let mut data = pick(random);
    for _ in 0..1 + below(4, random) {
        let at = below(data.len() as u64 + 1, random) as usize;
        let to = (at + 1 + below(8, random) as usize).min(data.len());
        match below(7, random) {
            0 => drop(data.drain(at.min(to)..to)),
            1 => data.insert(at, below(256, random) as u8),
            2 => {
                let piece = data[at.min(to)..to].to_vec();
                data.splice(at..at, piece.repeat(1 + below(20, random) as usize));
            }
            3 => {
                let words =
                    ["\0", "'", "\"", "--", "/*", "(", "é", "\u{1F980}", "99999999999999999999", "-1", ";", "\n", "%s"];
                let word = words[below(words.len() as u64, random) as usize];
                data.splice(at..at, word.bytes());
            }
            4 => {
                let other = pick(random);
                let from = below(other.len() as u64 + 1, random) as usize;
                data.truncate(at);
                data.extend(&other[from..]);
            }
            5 => data.truncate(at),
            _ => {
                if let Some(byte) = data.get_mut(at) {
                    *byte ^= 1 << below(8, random);
                }
            }
        }
    }
    data.truncate(20_000);
    data
}

fn rounds(usual: u64) -> u64 {
    std::env::var("HOSTILE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

#[test]
fn no_input_brings_a_reader_down() {
    let only = std::env::var("HOSTILE_TARGET").ok();
    for (name, target) in targets::TARGETS.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        let mut inputs = corpus(name);
        if *name == "log_record" {
            inputs.extend(records());
        }
        assert!(inputs.len() >= 3, "{name}: there are hardly any inputs");
        inputs.iter().for_each(|input| target(input));
        let mut random = Pcg32::new(9, 9);
        // A statement is run on several servers.
        for round in 0..rounds(if *name == "sql" { 60 } else { 600 }) {
            let input = changed(&inputs, &mut random);
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{name}, round {round}: {:?}", String::from_utf8_lossy(&input));
        }
    }
}

/// The check has teeth: a target that is wrong on purpose is found by inputs of the same kind.
#[test]
fn a_wrong_reader_is_found() {
    let inputs = corpus("gtid_set");
    let mut random = Pcg32::new(9, 9);
    let wrong = |data: &[u8]| std::str::from_utf8(data).is_ok_and(|text| text.matches("--").count() > 0);
    assert!((0..600).any(|_| wrong(&changed(&inputs, &mut random))));
}
