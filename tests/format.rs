//! The scenario format: what it takes, what it refuses and with which words, and that printing loses nothing.

#[path = "format/arbitrary.rs"]
mod arbitrary;
#[path = "format/limits.rs"]
mod limits;
#[path = "format/links.rs"]
mod links;

use proptest::prelude::*;
use replication_lab::engine::commit::StandbyRule;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::settings::{Settings, registry};
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Override, Scenario, That, schema};
use replication_lab::sim::command::Command;
use replication_lab::sim::setup::LinkShape;

/// Problems of a TOML text, one a line.
fn problems(text: &str) -> String {
    match Scenario::parse(text, Format::Toml, "x.toml") {
        Ok(scenario) => panic!("accepted: {scenario:?}"),
        Err(problems) => problems.to_string(),
    }
}

fn toml(text: &str) -> Scenario {
    Scenario::parse(text, Format::Toml, "x.toml").unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_smallest_scenario_has_documented_defaults() {
    let scenario = toml("[[node]]\nname = \"db1\"");
    assert_eq!((scenario.duration_us, scenario.setup.seed), (10_000_000, 1));
    assert_eq!(scenario.setup.flavor, Flavor::Postgresql);
    assert_eq!(scenario.setup.network, LinkShape::DEFAULT);
    assert!(scenario.setup.proxy.is_none() && scenario.setup.clients.is_empty());
}

/// Each case of the data file is a TOML text, `----`, and the problems it must be told, line by line.
#[test]
fn mistakes_are_told_with_line_key_and_remedy() {
    let mut differences = Vec::new();
    for case in include_str!("format/mistakes.txt").split("\n====\n") {
        let (text, expected) = case.split_once("\n----\n").unwrap_or_else(|| panic!("no ---- in {case:?}"));
        let told = problems(text);
        if told != expected.trim_end() {
            differences.push(format!("{text}\nexpected:\n{expected}\ntold:\n{told}\n"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn json_has_the_same_model_and_knows_its_lines() {
    let json =
        "{\n \"node\": [\n  {\"name\": \"db1\"},\n  {\"name\": \"db2\",\n   \"disk\": {\"fsyncc\": \"1ms\"}}\n ]\n}";
    let error = Scenario::parse(json, Format::Json, "x.json").unwrap_err().to_string();
    assert_eq!(error, "x.json:5: node[1].disk.fsyncc: unknown key; did you mean \"fsync\"?");
    let same = Scenario::parse(&json.replace("fsyncc", "fsync"), Format::Json, "x.json").unwrap();
    assert_eq!(same, toml("[[node]]\nname = \"db1\"\n[[node]]\nname = \"db2\"\ndisk = { fsync = \"1ms\" }"));
    for (broken, message) in [
        ("{\n\"node\": [", "x.json:2: not valid JSON: EOF while parsing a list"),
        ("{\"seed\": 1,\n \"seed\": 2}", "x.json:2: not valid JSON: the key \"seed\" is there twice"),
    ] {
        assert_eq!(Scenario::parse(broken, Format::Json, "x.json").unwrap_err().to_string(), message);
    }
}

#[test]
fn the_schedule_goes_by_time_and_then_by_the_file() {
    let scenario = toml(
        r#"
        [[node]]
        name = "db1"
        [[at]]
        time = "5s"
        pause = "db1"
        [[at]]
        time = "1s"
        sql = "SELECT 1"
        on = "db1"
        [[at]]
        time = "5000ms"
        resume = "db1"
        "#,
    );
    let kinds: Vec<_> = scenario
        .schedule
        .iter()
        .map(|(time, command)| match command {
            Command::Sql { .. } => (time.0, "sql"),
            Command::Pause { .. } => (time.0, "pause"),
            _ => (time.0, "resume"),
        })
        .collect();
    assert_eq!(kinds, [(1_000_000, "sql"), (5_000_000, "pause"), (5_000_000, "resume")]);
    assert_eq!(scenario.schedule[1].0, SimTime(5_000_000));
}

#[test]
fn a_workload_keeps_what_a_change_leaves_out() {
    let scenario = toml(
        r#"
        node = [{ name = "db1" }]
        client = [{ name = "app", writes_per_second = 5, reads_per_second = 7 }]
        at = [
            { time = "3s", workload = "app", reads_per_second = 0 },
            { time = "2s", workload = "app", writes_per_second = 50 },
        ]
        "#,
    );
    let rates: Vec<_> = scenario
        .schedule
        .iter()
        .filter_map(|(_, command)| match command {
            Command::Workload { writes_per_second, reads_per_second, .. } => {
                Some((*writes_per_second, *reads_per_second))
            }
            _ => None,
        })
        .collect();
    assert_eq!(rates, [(50, 7), (50, 0)]);
}

#[test]
fn overrides_go_by_key_name_or_position() {
    let text = r#"
        [[node]]
        name = "db1"
        [[node]]
        name = "db.2"
        [[client]]
        name = "app"
        [[at]]
        time = "1s"
        partition = ["db1", "db.2"]
    "#;
    let with = |sets: &[&str]| {
        let sets: Vec<_> = sets.iter().map(|text| Override::parse(text).unwrap()).collect();
        Scenario::parse_with(text, Format::Toml, "x.toml", &sets).map_err(|problems| problems.to_string())
    };
    let scenario = with(&[
        "settings.synchronous_commit=remote_apply",
        "settings.synchronous_standby_names=ANY 1 (\"db.2\")",
        "seed=7",
        "duration=30s",
        "proxy.read_policy=least_lag",
        "node.\"db.2\".disk.fsync=3ms",
        "node.0.disk={ apply_rate = 5 }",
        "client.app.keys=3",
        "at.0.one_way=true",
        "at.0.partition=[\"db.2\", \"db1\"]",
        "title='5'",
        "failover.fencing=false",
    ])
    .unwrap();
    assert_eq!(&*scenario.setup.settings[1].1, "ANY 1 (\"db.2\")");
    assert_eq!((scenario.setup.seed, scenario.duration_us, scenario.title.as_str()), (7, 30_000_000, "5"));
    assert_eq!(scenario.setup.nodes[1].disk.fsync_us, 3_000);
    assert_eq!(scenario.setup.nodes[0].disk.apply_rate, Some(5));
    assert_eq!(scenario.setup.clients[0].keys, 3);
    assert!(!scenario.setup.failover.fencing);
    assert!(matches!(&scenario.schedule[0].1, Command::Partition { one_way: true, between } if &*between.0 == "db.2"));
    for (set, message) in [
        ("node.db3.disk.fsync=1ms", "--set node.db3.disk.fsync=1ms: there is no node \"db3\"; did you mean \"db1\"?"),
        ("client.x.keys=1", "--set client.x.keys=1: there is no client \"x\"; give a name, or a position from 0"),
        ("seed=x", "x.toml: seed: must be a whole number, not text"),
        ("seed.x=1", "x.toml: seed: must be a whole number, not a table"),
        ("setings.x=1", "x.toml: setings: unknown key; did you mean \"settings\"?"),
        (
            "settings.wal_keep_size=x",
            "x.toml: settings.wal_keep_size: invalid value for parameter \"wal_keep_size\": \"x\" (PostgreSQL 15)",
        ),
    ] {
        assert_eq!(with(&[set]).unwrap_err(), message);
    }
    for text in ["seed", "=5", "a..b=1", ".a=1", ""] {
        assert!(Override::parse(text).is_err(), "{text}");
    }
}

#[test]
fn sizes_are_limited() {
    let long = format!("title = \"{}\"\n[[node]]\nname = \"db1\"", "x".repeat(1 << 20));
    assert_eq!(problems(&long), "x.toml: is larger than 1MB, the most that a scenario may be");
    let many = format!("[[node]]\nname = \"db1\"\n{}", "[[at]]\ntime=\"1s\"\nkill=\"db1\"\n".repeat(10_001));
    assert_eq!(problems(&many), "x.toml:3: at: has 10001 entries; at most 10000 are taken");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Scenario::parse(&format!("{{\"a\": {deep}}}"), Format::Json, "x").is_err());
    assert!(Scenario::parse(&format!("a = {deep}"), Format::Toml, "x").is_err());
}

#[test]
fn the_schema_describes_every_key() {
    let schema = schema();
    let keys = |path: &str| -> Vec<String> {
        let table = schema.pointer(path).and_then(|table| table.as_object()).unwrap_or_else(|| panic!("no {path}"));
        table.keys().cloned().collect()
    };
    assert!(keys("/properties").contains(&"failover".to_owned()));
    assert!(keys("/properties/node/items/properties/disk/properties").contains(&"fsync".to_owned()));
    assert_eq!(schema.pointer("/properties/at/items/oneOf").unwrap().as_array().unwrap().len(), 29);
    assert_eq!(schema.pointer("/properties/seed/default").unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_loses_nothing(scenario in arbitrary::scenario()) {
        let toml = scenario.to_toml();
        let again = Scenario::parse(&toml, Format::of(&toml), "printed").map_err(|p| TestCaseError::fail(format!("{p}\n{toml}")))?;
        prop_assert_eq!(&again, &scenario);
        let json = serde_json::to_string_pretty(&scenario.to_json()).unwrap();
        let again = Scenario::parse(&json, Format::of(&json), "printed").map_err(|p| TestCaseError::fail(format!("{p}\n{json}")))?;
        prop_assert_eq!(&again, &scenario);
    }

    #[test]
    fn no_text_panics(text in arbitrary::hostile_text()) {
        let _ = Scenario::parse(&text, Format::of(&text), "hostile");
        let _ = Scenario::parse(&text, Format::Json, "hostile");
        let _ = That::parse(&text);
        let _ = Override::parse(&text);
        let _ = StandbyRule::parse(&text);
    }

    #[test]
    fn no_setting_panics(index in 0usize..40, value in arbitrary::hostile_value()) {
        for flavor in [Flavor::Postgresql, Flavor::Mysql] {
            let specs = registry(flavor);
            let name = specs[index % specs.len()].name;
            let mut settings = Settings::defaults(flavor);
            if settings.set(name, &value).is_ok() {
                let shown = settings.get(name).unwrap();
                let mut again = Settings::defaults(flavor);
                prop_assert!(again.set(name, &shown).is_ok(), "{} = {}", name, shown);
                prop_assert_eq!(&again, &settings);
            }
        }
    }

    #[test]
    fn standby_rules_read_back_what_they_print(rule in arbitrary::standby_rule()) {
        if let Ok(rule) = StandbyRule::parse(&rule) {
            prop_assert_eq!(StandbyRule::parse(&rule.to_string()).unwrap(), rule);
        }
    }

    #[test]
    fn overrides_of_any_kind_do_not_panic(path in "[a-z.\"0-9]{0,20}", value in arbitrary::hostile_value()) {
        if let Ok(one) = Override::parse(&format!("{path}={value}")) {
            let text = "[[node]]\nname = \"db1\"\n[[at]]\ntime = \"1s\"\nkill = \"db1\"\n";
            let _ = Scenario::parse_with(text, Format::Toml, "x", &[one]);
        }
    }

    #[test]
    fn judging_does_not_panic(text in arbitrary::expectation()) {
        let report = serde_json::json!({
            "writes": {"lost": 1, "latency_ms": {"p50": null}}, "nodes": [{"name": "db1", "rows": 3}], "failovers": [],
        });
        if let Ok(that) = That::parse(&text) {
            let _ = that.judge(&report, &["db1", "db2"]);
        }
    }
}
