//! Share links: what is put into one comes out again, the run is the same, and whatever is wrong is said.

use proptest::prelude::*;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::link::{Difference, LinkError, MARK, Shared};
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::command::{Command, Console};
use replication_lab::sim::recording::{Deed, Limits, Moment, Recording};
use replication_lab::sim::{REVISION, Run};

use super::arbitrary;

/// Links that were made once: whatever changes, they must open. Each line is a title and a link; lines are only added.
const GOLDEN: &str = include_str!("links.txt");

const SMALL: &str = r#"
title = "Small"
duration = "2s"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[client]]
name = "app"
writes_per_second = 20
"#;

fn scenario(text: &str) -> Scenario {
    Scenario::parse(text, Format::Toml, "test").unwrap_or_else(|problems| panic!("{problems}"))
}

fn here(run: &Run<()>) -> Moment {
    Moment { steps: run.steps(), at: run.now() }
}

/// A scenario's run with deeds at given instants; some of them in the middle of a microsecond's events.
fn acted(scenario: &Scenario, deeds: Vec<(u64, u64, Command)>) -> (Run<()>, Vec<Deed>) {
    let mut run = Run::new(scenario.setup.clone(), scenario.schedule.clone(), ()).unwrap();
    let mut done = Vec::new();
    for (at, steps, command) in deeds {
        run.run_until(SimTime(at));
        for _ in 0..steps {
            run.step();
        }
        done.push(Deed { moment: here(&run), command: command.clone() });
        let _ = run.act(command);
    }
    (run, done)
}

fn opened(shared: &Shared) -> Run<()> {
    let mut run = Run::new(shared.scenario.setup.clone(), shared.scenario.schedule.clone(), ()).unwrap();
    shared.replay().advance(&mut run, shared.moment.at).unwrap_or_else(|why| panic!("{why}"));
    run
}

fn name(name: &str) -> std::sync::Arc<str> {
    name.into()
}

/// What a lively quarter of an hour would do to a cluster, refusals included.
fn lively() -> Vec<(u64, u64, Command)> {
    let sql = |console, sql: &str| Command::Sql { console, sql: sql.into() };
    vec![
        (100_001, 3, sql(Console::Client(name("app")), "INSERT INTO kv VALUES (1000, 'mine')")),
        (100_001, 0, Command::PauseReplay { node: name("db2") }),
        (250_000, 1, Command::Promote { node: name("db1") }),
        (250_007, 0, Command::Crash { node: name("nobody") }),
        (300_000, 2, Command::Set { settings: vec![(name("no_such_setting"), name("1"))], on: None }),
        (300_000, 0, Command::Kill { node: name("db1") }),
        (700_003, 5, Command::Restart { node: name("db1") }),
        (1_900_000, 0, sql(Console::On(name("db1")), "SELECT '</script><b>' || count(*) FROM kv")),
    ]
}

#[test]
fn an_opened_link_is_the_same_run_and_goes_on_as_the_same() {
    for text in [SMALL, include_str!("../../scenarios/failover-step-by-step.toml")] {
        let scenario = scenario(text);
        let deeds = lively();
        let (mut run, deeds) = acted(&scenario, deeds);
        assert_eq!(deeds.len(), 8);
        run.run_until(SimTime(2_345_678));
        for _ in 0..7 {
            run.step();
        }
        let shared = Shared::new(scenario, deeds, here(&run), Some(run.trace_hash()));
        let link = shared.fragment().unwrap();
        let read = Shared::read(&format!("https://example.org/lab/?x=1{link}\n")).unwrap();
        assert_eq!(read, shared);
        let mut again = opened(&read);
        assert_eq!((here(&again), again.trace_hash()), (here(&run), run.trace_hash()));
        // A recording can be driven in the same way, and knows what was done.
        let Scenario { setup, schedule, .. } = read.scenario.clone();
        let mut recording = Recording::new(setup, schedule, (), Limits::default()).unwrap();
        read.replay().finish(&mut recording).unwrap();
        assert_eq!((recording.moment(), recording.run().trace_hash()), (here(&run), run.trace_hash()));
        assert_eq!(recording.deeds(), read.deeds);
        run.run_until(SimTime(4_000_000));
        again.run_until(SimTime(4_000_000));
        assert_eq!((again.events(), again.trace_hash()), (run.events(), run.trace_hash()));
    }
}

#[test]
fn a_run_that_differs_is_told_with_its_age() {
    let scenario = scenario(SMALL);
    let (run, deeds) = acted(&scenario, lively());
    let shared = Shared::new(scenario, deeds, here(&run), Some(run.trace_hash()));
    let difference = |shared: &Shared| {
        let link = shared.fragment().unwrap();
        let shared = Shared::read(&link).unwrap();
        let mut run = Run::new(shared.scenario.setup.clone(), shared.scenario.schedule.clone(), ()).unwrap();
        let mismatch = shared.replay().advance(&mut run, SimTime(9_000_000)).unwrap_err();
        (mismatch.difference, mismatch.to_string())
    };
    let mut other = shared.clone();
    other.trace_hash = Some(1);
    let (what, words) = difference(&other);
    assert!(matches!(what, Difference::Hash { expected: 1, .. }), "{words}");
    assert!(words.starts_with("this is not the run that was shared: what happened until"), "{words}");
    for (engine, age) in [(REVISION + 1, "a newer"), (REVISION.saturating_sub(1).max(1), "an older")] {
        let (_, words) = difference(&Shared { engine, ..other.clone() });
        assert!(engine == REVISION || words.starts_with(&format!("the link was made by {age} laboratory")), "{words}");
    }
    let mut other = shared.clone();
    other.moment.steps += 1_000_000;
    let (what, words) = difference(&other);
    assert!(matches!(what, Difference::NotReached { .. }), "{words}");
    // The run is further than the moment says.
    let mut other = shared;
    other.deeds.clear();
    other.moment.steps = 1;
    let (what, words) = difference(&other);
    assert!(matches!(what, Difference::NotReached { .. }), "{words}");
}

#[test]
fn deeds_become_a_schedule_that_a_file_can_hold() {
    let scenario = scenario(SMALL);
    let (run, deeds) = acted(&scenario, lively());
    let shared = Shared::new(scenario, deeds, here(&run), None);
    let file = shared.to_scenario().to_toml();
    let read = Scenario::parse(&file, Format::Toml, "saved").unwrap_or_else(|problems| panic!("{problems}\n{file}"));
    // The two that name what is not there are left out.
    assert_eq!(read.schedule.len(), 6, "{file}");
    assert!(read.schedule.is_sorted_by_key(|(at, _)| *at));
}

#[test]
fn what_is_wrong_with_a_link_is_said() {
    let (run, deeds) = acted(&scenario(SMALL), lively());
    let link = Shared::new(scenario(SMALL), deeds, here(&run), None).fragment().unwrap();
    let why = |text: &str| Shared::read(text).unwrap_err();
    for text in ["", "#run", "run=1.AAAA", "https://example.org/#stage", "#run=", "#run=1", "#run=x.AA", "#run=0.AAAA"]
    {
        assert_eq!(why(text), LinkError::NotALink, "{text}");
    }
    let newer = link.replace("#run=1.", "#run=2.");
    assert_eq!(why(&newer), LinkError::Newer { found: 2 });
    assert_eq!(why("#run=99999999999999999999."), LinkError::Newer { found: u32::MAX });
    let letters = link.len() - "#run=1.".len();
    assert_eq!(why(&link[..link.len() - 1]), LinkError::CutOff { found: letters - 1, expected: letters });
    assert!(matches!(why("#run=1.AA"), LinkError::CutOff { .. }));
    assert_eq!(why(&format!("{link}AAA")), LinkError::Overlong { extra: 3 });
    assert_eq!(why(&format!("{link})")), LinkError::Character { place: letters + 1, character: ')' });
    let at = link.len() - 20;
    let other = if link.as_bytes()[at] == b'x' { "y" } else { "x" };
    assert_eq!(why(&format!("{}{other}{}", &link[..at], &link[at + 1..])), LinkError::Checksum);
    assert_eq!(why(&format!("#run=1.{}", "A".repeat(70_000))), LinkError::TooLong { characters: 70_000 });
}

#[test]
fn what_is_too_much_for_a_link_is_said() {
    let mut many = Shared::new(scenario(SMALL), Vec::new(), Moment::default(), None);
    let deed = Deed { moment: Moment::default(), command: Command::Heal { between: None } };
    many.deeds = vec![deed; 2_001];
    assert_eq!(many.fragment(), Err(LinkError::TooManyDeeds { deeds: 2_001 }));
    // Nothing is lost with it: the file has all of it.
    let file = Scenario::parse(&many.to_scenario().to_toml(), Format::Toml, "saved").unwrap();
    assert_eq!(file.schedule.len(), scenario(SMALL).schedule.len() + 2_001);
    many.deeds.truncate(2_000);
    assert!(many.fragment().unwrap().len() < 1_000);
    many.moment.steps = 20_000_001;
    let why = many.fragment().unwrap_err();
    assert_eq!(why, LinkError::TooManySteps { steps: 20_000_001 });
    assert!(why.to_string().contains("go back to an earlier instant"), "{why}");
    many.moment.steps = 0;
    // What does not compress: a long random text.
    let mut seed = 1_u64;
    let mut long = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b' ' + (seed >> 33) as u8 % 90)
    };
    many.scenario.description = (0..100_000).map(|_| long()).collect();
    assert!(matches!(many.fragment(), Err(LinkError::TooLong { .. })));
}

#[test]
fn links_that_were_made_once_open() {
    let mut replayed = 0;
    for line in GOLDEN.lines() {
        let (title, link) = line.split_once(MARK).unwrap_or_else(|| panic!("no link in {line:?}"));
        let shared = Shared::read(&format!("{MARK}{link}")).unwrap_or_else(|why| panic!("{title}: {why}"));
        assert_eq!(shared.scenario.title, title.trim());
        assert!(shared.trace_hash.is_some());
        if shared.engine == REVISION {
            let run = opened(&shared);
            assert_eq!(Some(run.trace_hash()), shared.trace_hash, "{title}");
            replayed += 1;
        }
    }
    assert!(GOLDEN.lines().count() >= 3);
    // A new revision deserves a link of its own here; until it has one, the others only open.
    assert!(replayed > 0 || REVISION > 1);
}

/// The list of agreed traces changes whenever runs do; a link can only tell its age if the revision grows with it.
#[test]
fn the_revision_grows_when_runs_change() {
    let traces = include_bytes!("../data/trace-hashes.txt");
    let now = format!("{REVISION} {:08x}", crc32c::crc32c(traces));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/engine-revision.txt");
    let noted = std::fs::read_to_string(path).unwrap();
    if std::env::var_os("BLESS").is_some() && !noted.starts_with(&format!("{REVISION} ")) {
        return std::fs::write(path, format!("{now}\n")).unwrap();
    }
    assert_eq!(
        noted.trim(),
        now,
        "runs have changed: raise REVISION in src/sim/revision.rs, so that links of before are told as older, and \
         run this test with BLESS=1"
    );
}

/// Any run: a scenario and deeds at moments in their order.
fn shared() -> BoxedStrategy<Shared> {
    // Boxed: strategies of strategies take more stack than a test's thread has.
    let shared = arbitrary::scenario().boxed().prop_flat_map(|scenario| {
        let nodes = &scenario.setup.nodes;
        let names = [nodes[0].name.clone(), nodes[1].name.clone(), scenario.setup.clients[0].name.clone()];
        let deed = (0u64..1_000, 0u64..5_000_000, arbitrary::command(names, scenario.setup.flavor));
        let rest = (0u64..1_000, 0u64..5_000_000, prop::option::of(any::<u64>()), 1u32..9);
        (Just(scenario), prop::collection::vec(deed, 0..12), rest)
            .prop_map(|(scenario, deeds, (steps, time, trace_hash, engine))| {
                let mut moment = Moment::default();
                let mut on = |steps: u64, us: u64| {
                    moment = Moment { steps: moment.steps + steps, at: moment.at.plus(us) };
                    moment
                };
                let deeds =
                    deeds.into_iter().map(|(steps, us, command)| Deed { moment: on(steps, us), command }).collect();
                Shared { scenario, deeds, moment: on(steps, time), trace_hash, engine }
            })
            .boxed()
    });
    shared.boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_link_round_trips_for_any_run(shared in shared()) {
        let link = shared.fragment().map_err(|why| TestCaseError::fail(why.to_string()))?;
        prop_assert!(link.bytes().all(|b| b.is_ascii_alphanumeric() || b"#=.-_".contains(&b)), "{}", link);
        prop_assert_eq!(&Shared::read(&link).map_err(|why| TestCaseError::fail(why.to_string()))?, &shared);
    }

    #[test]
    fn any_run_can_be_saved_as_a_file(shared in shared()) {
        let scenario = shared.to_scenario();
        let again = Scenario::parse(&scenario.to_toml(), Format::Toml, "saved");
        prop_assert_eq!(again.map_err(|p| TestCaseError::fail(p.to_string()))?, scenario);
    }

    #[test]
    fn no_text_panics_as_a_link(text in arbitrary::hostile_text(), letters in "[A-Za-z0-9_-]{0,60}") {
        for link in [text.clone(), format!("#run={text}"), format!("#run=1.{text}"), format!("#run=1.{letters}")] {
            if let Err(why) = Shared::read(&link) {
                prop_assert!(!why.to_string().is_empty());
            }
        }
    }

    #[test]
    fn a_damaged_link_is_noticed(shared in shared(), at in any::<prop::sample::Index>(), by in any::<char>()) {
        let link = shared.fragment().map_err(|why| TestCaseError::fail(why.to_string()))?;
        let start = "#run=1.".len();
        let at = start + at.index(link.len() - start);
        let changed = format!("{}{by}{}", &link[..at], &link[at + 1..]);
        // The bits that fill the last letter up say nothing.
        match Shared::read(&changed) {
            Ok(read) => prop_assert!(read == shared && (changed == link || at + 1 == link.len())),
            Err(why) => prop_assert!(!matches!(why, LinkError::Content(_) | LinkError::Packing), "{}", why),
        }
        let cut = Shared::read(&link[..at]);
        prop_assert!(matches!(cut, Err(LinkError::CutOff { .. })), "{:?}", cut);
    }
}
