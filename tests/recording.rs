//! The time machine: wherever it goes, it is where a run from the beginning would be.
#![cfg(not(target_arch = "wasm32"))]

use rand_pcg::Pcg32;
use replication_lab::check::Judges;
use replication_lab::engine::chance::below;
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{TraceEvent, What};
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::command::{Between, Command, Console};
use replication_lab::sim::recording::{BranchId, Deed, Limits, Moment, RECENT_US, Recording};
use replication_lab::sim::{Observer, Run, World};

/// Counts what was acknowledged, as an observer of the page would.
#[derive(Clone, Debug, Default)]
struct Counter {
    finished: u64,
    deeds: u64,
}

impl Observer for Counter {
    fn observe(&mut self, event: &TraceEvent, _: &World) {
        self.finished += u64::from(matches!(event.what, What::Finished { .. }));
    }

    fn before_deed(&mut self, _: &Command, _: &World) {
        self.deeds += 1;
    }
}

const SCENARIOS: [&str; 6] = [
    "asynchronous-loss",
    "failover-step-by-step",
    "mysql-semi-sync-falls-back",
    "live-replica-under-load",
    "rewind-after-failover",
    "mysql-failover",
];

fn scenario(name: &str, seed: u64) -> Scenario {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the scenario is there");
    let mut scenario = Scenario::parse(&text, Format::Toml, name).expect("the scenario is sound");
    scenario.setup.seed = seed;
    scenario
}

/// Few and far between, so that every way of finding, dropping and missing a checkpoint is taken.
const TIGHT: Limits =
    Limits { steps_between: 50, checkpoints: 7, image_bytes: 4 << 20, own_bytes: 1 << 30, old_bytes: 1 << 30 };

fn recording(scenario: &Scenario, limits: Limits) -> Recording<Counter> {
    Recording::new(scenario.setup.clone(), scenario.schedule.clone(), Counter::default(), limits)
        .expect("the set-up is sound")
}

/// The run as somebody would do it who has no time machine, and its whole trace.
fn from_the_beginning(scenario: &Scenario, deeds: &[Deed], moment: Moment) -> (Run<Counter>, Vec<TraceEvent>) {
    let mut trace = Vec::new();
    let mut tell = |event: &TraceEvent| trace.push(event.clone());
    let mut run =
        Run::new_told(scenario.setup.clone(), scenario.schedule.clone(), Counter::default(), &mut tell).expect("sound");
    for deed in deeds {
        while run.steps() < deed.moment.steps {
            assert!(run.step_told(&mut tell));
        }
        run.rest_until(deed.moment.at);
        let _ = run.act_told(deed.command.clone(), &mut tell);
    }
    while run.steps() < moment.steps {
        assert!(run.step_told(&mut tell));
    }
    run.rest_until(moment.at);
    (run, trace)
}

fn some_command(random: &mut Pcg32) -> Command {
    let node = |random: &mut Pcg32| -> std::sync::Arc<str> { format!("db{}", 1 + below(3, random)).into() };
    let one = node(random);
    match below(9, random) {
        0 => Command::Crash { node: one },
        1 | 2 => Command::Restart { node: one },
        3 => Command::Kill { node: one },
        4 => Command::Partition { between: Between(one, node(random)), one_way: below(2, random) == 0 },
        5 => Command::Heal { between: None },
        6 => Command::SlowDisk { node: one, fsync_us: 1 + below(20_000, random) },
        7 => Command::Promote { node: one },
        _ => Command::Sql {
            console: Console::On(one),
            sql: format!("INSERT INTO kv VALUES ({}, 1)", 1_000 + below(100, random)).into(),
        },
    }
}

fn assert_same(recording: &Recording<Counter>, scenario: &Scenario, what: &str) {
    let (run, trace) = from_the_beginning(scenario, recording.deeds(), recording.moment());
    let here = recording.run();
    assert_eq!(here.now(), run.now(), "{what}: the instant");
    assert_eq!(here.steps(), run.steps(), "{what}: the steps");
    assert_eq!(here.events(), trace.len() as u64, "{what}: the events");
    assert_eq!(here.trace_hash(), run.trace_hash(), "{what}: the trace");
    assert_eq!(here.observer().finished, run.observer().finished, "{what}: the observer");
    assert_eq!(here.observer().deeds, run.observer().deeds, "{what}: the observer's deeds");
    for node in here.world().nodes() {
        assert_eq!(here.world().checksum(node), run.world().checksum(node), "{what}: the content of {node:?}");
    }
}

/// Random travels: whatever was done before, the state is that of a run from the beginning with the same deeds.
fn travel(name: &str, seed: u64) {
    let scenario = scenario(name, seed);
    let mut random = Pcg32::new(seed, 5);
    let mut recording = recording(&scenario, TIGHT);
    let mut seen = vec![recording.moment()];
    let mut ends = std::collections::BTreeMap::new();
    for number in 0..40 {
        let now = recording.run().now().0;
        let what = match below(9, &mut random) {
            0 | 1 => {
                recording.run_until(SimTime(now + below(700_000, &mut random)));
                "run"
            }
            2 => {
                for _ in 0..below(60, &mut random) {
                    recording.step();
                }
                "steps"
            }
            3 | 4 => {
                let before = recording.current();
                let end = recording.end();
                let _ = recording.act(some_command(&mut random));
                if recording.current() != before {
                    ends.insert(before, end);
                }
                "act"
            }
            5 => {
                recording.seek(SimTime(below(now + 300_000, &mut random)));
                "seek"
            }
            6 => {
                recording.back_to_change(&|counter| counter.finished);
                "back"
            }
            7 => {
                let moment = seen[below(seen.len() as u64, &mut random) as usize];
                // A moment of another branch is none of this one, unless it lies before the fork.
                if recording.branches().len() == 1 && moment <= recording.end() {
                    recording.seek_moment(moment);
                    assert_eq!(recording.moment(), moment);
                }
                "seek a moment"
            }
            _ => {
                let branches = recording.branches();
                let branch = branches[below(branches.len() as u64, &mut random) as usize].id;
                assert!(recording.switch(branch));
                if let Some(end) = ends.get(&branch) {
                    assert!(recording.end() >= *end, "a fork shortens nothing");
                }
                "switch"
            }
        };
        seen.push(recording.moment());
        assert_same(&recording, &scenario, &format!("{name}, seed {seed}, {number}: {what}"));
        assert!(recording.held().0 <= TIGHT.checkpoints, "{} checkpoints", recording.held().0);
    }
}

#[test]
fn wherever_it_goes_the_state_is_that_of_a_run_from_the_beginning() {
    for name in SCENARIOS {
        for seed in 1..=3 {
            travel(name, seed);
        }
    }
}

#[test]
fn seek_then_run_equals_run() {
    for name in SCENARIOS {
        let scenario = scenario(name, 3);
        let end = SimTime(scenario.duration_us);
        let mut recording = recording(&scenario, TIGHT);
        recording.run_until(end);
        let hash = recording.run().trace_hash();
        let mut random = Pcg32::new(1, 1);
        for _ in 0..4 {
            recording.seek(SimTime(below(end.0, &mut random)));
            recording.run_until(end);
            assert_eq!(recording.run().trace_hash(), hash, "{name}");
            assert!(recording.is_at_end());
        }
        assert_eq!(recording.branches().len(), 1, "looking is not acting");
    }
}

#[test]
fn acting_in_the_past_forks_and_leaves_the_parent_as_it_was() {
    let scenario = scenario("asynchronous-loss", 1);
    let mut recording = recording(&scenario, TIGHT);
    recording.run_until(SimTime(2_000_000));
    recording.act(Command::Pause { node: "db3".into() }).expect("db3 is there");
    recording.run_until(SimTime(8_000_000));
    let (hash, end, events) = (recording.run().trace_hash(), recording.moment(), recording.run().events());
    recording.seek(SimTime(1_500_000));
    recording.act(Command::Crash { node: "db2".into() }).expect("db2 is there");
    assert_eq!(recording.current(), BranchId(1));
    recording.run_until(SimTime(6_000_000));
    assert_ne!(recording.run().trace_hash(), hash);
    let fork = recording.branches()[1].parent.expect("it has a parent");
    assert_eq!((fork.0, fork.1.at), (BranchId(0), SimTime(1_500_000)));
    assert_eq!(
        recording.branches()[1].first_deed.as_ref().map(|deed| &deed.command),
        Some(&Command::Crash { node: "db2".into() })
    );
    assert!(recording.switch(BranchId(0)));
    assert_eq!((recording.run().trace_hash(), recording.moment(), recording.run().events()), (hash, end, events));
    recording.rename(BranchId(1), "without db2".to_owned());
    assert_eq!(recording.branches()[1].name, "without db2");
    assert!(!recording.switch(BranchId(2)), "there is no such branch");
}

#[test]
fn one_event_back_is_the_last_before_and_forward_again_the_same() {
    let scenario = scenario("failover-step-by-step", 1);
    let mut recording = recording(&scenario, TIGHT);
    let finished = |counter: &Counter| counter.finished;
    let mut places = Vec::new();
    while recording.run().now() < SimTime(1_500_000) {
        assert!(recording.on_to_change(&finished, 100_000));
        places.push((recording.moment(), recording.run().trace_hash()));
    }
    places.pop();
    for (moment, hash) in places.iter().rev() {
        assert!(recording.back_to_change(&finished));
        assert_eq!((recording.moment(), recording.run().trace_hash()), (*moment, *hash));
    }
    assert!(!recording.back_to_change(&finished), "nothing lies before the first");
    assert_eq!(recording.moment(), Moment::default());
    for (moment, hash) in &places {
        assert!(recording.on_to_change(&finished, 100_000));
        assert_eq!((recording.moment(), recording.run().trace_hash()), (*moment, *hash));
    }
}

/// Beyond the limit a checkpoint goes for each that comes: it must not be the new one, which would come again at once.
#[test]
fn checkpoints_stay_spread_over_the_run_when_some_are_dropped() {
    let scenario = scenario("asynchronous-loss", 1);
    let mut recording = recording(&scenario, TIGHT);
    while recording.run().now() < SimTime(10_000_000) {
        recording.step();
        let newest = recording.checkpoint_steps().last().copied().unwrap_or_default();
        assert!(recording.run().steps() - newest <= TIGHT.steps_between, "the newest, at {newest}, stays");
    }
    let held = recording.held().0;
    assert_eq!(held, TIGHT.checkpoints);
    let steps = recording.checkpoint_steps();
    let even = recording.run().steps() / held as u64;
    let gaps = steps.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(gaps.clone().all(|gap| gap <= 3 * even), "{steps:?}");
}

#[test]
fn what_is_not_found_leaves_us_where_we_were() {
    let scenario = scenario("asynchronous-loss", 1);
    let mut recording = recording(&scenario, TIGHT);
    recording.run_until(SimTime(1_234_567));
    let here = recording.moment();
    assert!(!recording.on_to_change(&|_| 0, 500));
    assert_eq!(recording.moment(), here);
}

/// The trace of any stretch, however much of it was dropped.
#[test]
fn the_trace_of_a_stretch_is_what_happened_in_it() {
    for name in SCENARIOS {
        let scenario = scenario(name, 2);
        let end = SimTime(scenario.duration_us);
        let mut recording = recording(&scenario, TIGHT);
        recording.run_until(SimTime(end.0 / 2));
        let _ = recording.act(Command::SlowDisk { node: "db2".into(), fsync_us: 9_000 });
        recording.run_until(end);
        recording.seek(SimTime(end.0 / 3));
        let _ = recording.act(Command::SlowDisk { node: "db2".into(), fsync_us: 2_000 });
        recording.run_until(end);
        let (_, trace) = from_the_beginning(&scenario, recording.deeds(), recording.moment());
        let mut random = Pcg32::new(4, 4);
        for round in 0..12 {
            let from = SimTime(if round == 0 { 0 } else { below(end.0, &mut random) });
            let to = if round == 1 { end } else { from.plus(below(400_000, &mut random)) };
            let mut shown = Vec::new();
            while !recording.events_between(from, to, 400, &mut |event| shown.push(event.clone())) {
                shown.clear();
            }
            let expected: Vec<_> = trace.iter().filter(|event| event.at >= from && event.at <= to).cloned().collect();
            assert_eq!(shown.len(), expected.len(), "{name}: {from} to {to}");
            assert!(shown == expected, "{name}: {from} to {to}");
            recording.seek(SimTime(below(end.0, &mut random)));
        }
    }
}

#[test]
fn a_replayed_recording_is_the_same_run_at_the_same_moment() {
    let scenario = scenario("asynchronous-loss", 6);
    let mut recording = recording(&scenario, Limits::default());
    recording.run_until(SimTime(777_777));
    let _ = recording.act(Command::Crash { node: "db3".into() });
    for _ in 0..33 {
        recording.step();
    }
    let _ = recording.act(Command::Restart { node: "db3".into() });
    recording.run_until(SimTime(3_000_000));
    recording.seek(SimTime(1_000_000));
    let all = recording.all_deeds().to_vec();
    let again = Recording::replay(
        scenario.setup.clone(),
        scenario.schedule.clone(),
        all.clone(),
        recording.moment(),
        Counter::default(),
        Limits::default(),
    )
    .expect("the set-up is sound");
    assert_eq!(again.moment(), recording.moment());
    assert_eq!(again.run().trace_hash(), recording.run().trace_hash());
    assert_eq!(again.all_deeds(), all);
}

/// What checkpoints hold beside images is counted, and bounded: judges and logs, above all.
#[test]
fn checkpoints_go_when_they_hold_too_much() {
    let scenario = scenario("asynchronous-loss", 1);
    let played = |own_bytes: u64| {
        let limits = Limits { steps_between: 50, checkpoints: 1_000, own_bytes, ..Limits::default() };
        let judges = Judges::new(scenario.setup.flavor);
        let mut recording = Recording::new(scenario.setup.clone(), scenario.schedule.clone(), judges, limits)
            .expect("the set-up is sound");
        recording.run_until(SimTime(10_000_000));
        let (end, hash) = (recording.moment(), recording.run().trace_hash());
        recording.seek(SimTime(2_000_000));
        recording.seek_moment(end);
        assert_eq!(recording.run().trace_hash(), hash);
        recording.held()
    };
    let (all, _, bytes) = played(u64::MAX);
    assert!(all > 40 && bytes / all as u64 > 1_000, "{all} checkpoints hold {bytes} bytes");
    let (fewer, _, bounded) = played(bytes / 4);
    assert!(
        (2..all / 2).contains(&fewer) && bounded <= bytes / 4,
        "{fewer} of {all} checkpoints hold {bounded} of {bytes} bytes"
    );
}

/// However little happens: what is held of the past beyond the last ten minutes is bounded by itself, and those ten minutes
/// keep theirs.
#[test]
fn old_checkpoints_go_before_recent_ones() {
    let text = "duration = \"20min\"\nnode = [{ name = \"db1\" }, { name = \"db2\" }]\n\
                client = [{ name = \"app\", writes_per_second = 5 }]\n";
    let scenario = Scenario::parse(text, Format::Toml, "slow").expect("it is sound");
    let played = |old_bytes: u64| {
        let limits = Limits { steps_between: 500, checkpoints: 1_000, old_bytes, ..Limits::default() };
        let judges = Judges::new(scenario.setup.flavor);
        let mut recording = Recording::new(scenario.setup.clone(), scenario.schedule.clone(), judges, limits)
            .expect("the set-up is sound");
        recording.run_until(SimTime(2 * RECENT_US));
        let (end, hash) = (recording.moment(), recording.run().trace_hash());
        recording.seek(SimTime(RECENT_US / 2));
        recording.seek_moment(end);
        assert_eq!(recording.run().trace_hash(), hash);
        let half = end.steps / 2;
        let (old, recent): (Vec<u64>, Vec<u64>) = recording.checkpoint_steps().iter().partition(|steps| **steps < half);
        (old.len(), recent)
    };
    let ((all, recent), (few, same)) = (played(u64::MAX), played(100_000));
    assert!(all > 20 && (1..all / 4).contains(&few), "{few} of {all} old ones are left");
    // The last of them was made by the seek, and what lies about the boundary may be either.
    assert!(same.len() + 2 >= recent.len(), "{} of {} recent ones are left", same.len(), recent.len());
}
