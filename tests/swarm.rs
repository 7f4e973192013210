//! The swarm: a fixed part of its seeds, which decides; and that it finds what is wrong when something is.
#![cfg(not(target_arch = "wasm32"))]

use replication_lab::check::Kind;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::swarm::{Line, Probe, Promise, Summary, draw, promised, shrink};

/// These decide. `SWARM_SEEDS` asks for more.
fn seeds() -> std::ops::Range<u64> {
    let wanted = std::env::var("SWARM_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    0..wanted.unwrap_or(120)
}

#[test]
fn runs_keep_what_their_settings_promise_and_come_together() {
    let mut broken = Vec::new();
    let mut summary = Summary::default();
    for seed in seeds() {
        let scenario = draw(seed);
        let probe = Probe::of(&scenario);
        broken.extend(probe.breaches.iter().map(|breach| format!("seed {seed}: {breach:?}")));
        summary.add(&serde_json::to_string(&Line::of(seed, &scenario, &probe)).unwrap()).unwrap();
    }
    println!("{summary}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Each scenario of `tests/found` broke a promise once, and says which seed it comes from.
#[test]
fn what_was_found_stays_mended() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let scenario = Scenario::parse(&text, Format::Toml, &name).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(Probe::of(&scenario).breaches, [], "{name}");
    }
}

#[test]
fn what_is_drawn_is_valid_and_the_same_each_time_and_survives_a_file() {
    for seed in 0..400 {
        let scenario = draw(seed);
        assert_eq!(scenario, draw(seed));
        let read = Scenario::parse(&scenario.to_toml(), Format::Toml, "drawn").unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(read, scenario, "seed {seed}");
    }
}

/// Of every promise there are runs that make it, and of those that not all make, runs that do not.
#[test]
fn every_promise_is_made_by_some() {
    let all: Vec<Vec<Promise>> = (0..400).map(|seed| promised(&draw(seed))).collect();
    for promise in Promise::all() {
        let made = all.iter().filter(|promised| promised.contains(&promise)).count();
        assert!(made >= 5, "{promise}: only {made} of {}", all.len());
        if let Promise::No(_) = promise {
            assert!(made < all.len(), "{promise} is made by all");
        }
    }
}

/// The first seeds whose runs break a promise that nobody made.
fn first_broken(promise: Promise) -> (u64, Scenario) {
    let broken = (0..400).map(|seed| (seed, draw(seed))).find(|(_, scenario)| {
        !promised(scenario).contains(&promise) && !Probe::held_to(scenario, &[promise]).breaches.is_empty()
    });
    broken.unwrap_or_else(|| panic!("{promise}: no run breaks it"))
}

/// The judge of each promise has teeth: where it is not promised, it is broken, and the run is made smaller.
#[test]
fn promises_that_are_wrong_on_purpose_are_found_and_made_smaller() {
    for kind in [Kind::LostWrite, Kind::StaleRead, Kind::SplitBrain, Kind::ReadYourWrites] {
        let promise = Promise::No(kind);
        let (seed, scenario) = first_broken(promise);
        let breaks = |smaller: &Scenario| !Probe::held_to(smaller, &[promise]).breaches.is_empty();
        let shrunk = shrink(&scenario, 150, breaks).scenario;
        assert!(breaks(&shrunk), "{promise}, seed {seed}");
        let size = |scenario: &Scenario| scenario.to_toml().len();
        assert!(size(&shrunk) * 2 < size(&scenario), "{promise}, seed {seed}:\n{}", shrunk.to_toml());
        // The file is the run.
        let read = Scenario::parse(&shrunk.to_toml(), Format::Toml, "shrunk").unwrap();
        assert!(breaks(&read), "{promise}, seed {seed}");
    }
}

/// A defect is planted: settings promise what the run is not given.
#[test]
fn a_cluster_that_is_not_what_it_promises_is_found() {
    let strict = (0..4_000).map(draw).filter(|scenario| {
        scenario.setup.failover.synchronous_mode_strict && promised(scenario).contains(&Promise::No(Kind::LostWrite))
    });
    let found = strict.take(60).any(|scenario| {
        let promised = promised(&scenario);
        let mut defective = scenario;
        defective.setup.failover.synchronous_mode = Default::default();
        defective.setup.failover.synchronous_mode_strict = false;
        let breaches = Probe::held_to(&defective, &promised).breaches;
        breaches.iter().any(|breach| breach.promise == Promise::No(Kind::LostWrite))
    });
    assert!(found, "asynchronous clusters lost nothing");
}

/// What was done to mend a run is part of the file, so that the file is the whole run.
#[test]
fn a_run_that_was_mended_is_told_whole() {
    for seed in [3, 17, 58] {
        let scenario = draw(seed);
        let probe = Probe::of(&scenario);
        let told = probe.told(&scenario).validated("told").unwrap_or_else(|why| panic!("{why}"));
        let again = Probe::held_to(&told, &[]);
        assert_eq!(again.trace_hash, probe.trace_hash, "seed {seed}");
    }
}
