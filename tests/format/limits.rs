//! What is at most taken: each limit of a text as docs/LIMITS.md has it, reached and exceeded.

use replication_lab::embed::options::Options;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::storage::Database;
use replication_lab::scenario::{Format, Override, Scenario};

const LIMITS: &str = include_str!("../../docs/LIMITS.md");

/// The row of a limit in the document.
fn says(what: &str, most: &str) {
    let row = LIMITS.lines().find(|line| line.starts_with(&format!("| {what}")));
    let row = row.unwrap_or_else(|| panic!("docs/LIMITS.md has no row for {what:?}"));
    assert!(row.contains(most), "{row} does not say {most:?}");
}

fn small(key: &str) -> String {
    format!("{key}\nduration = \"1s\"\n[[node]]\nname = \"db1\"\n")
}

fn taken(text: &str) -> bool {
    Scenario::parse(text, Format::Toml, "x.toml").is_ok()
}

/// Text of so many bytes.
fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

#[test]
fn texts_of_a_scenario_have_limits() {
    for (key, most) in [("title", 200), ("chapter", 60), ("description", 1 << 18)] {
        assert!(taken(&small(&format!("{key} = \"{}\"", text(most)))), "{key}");
        assert!(!taken(&small(&format!("{key} = \"{}\"", text(most + 1)))), "{key}");
    }
    says("a title, a chapter", "200 and 60 bytes");
    says("a statement, a description, a schema", "256 kB each");
    for (bytes, fits) in [(63, true), (64, false)] {
        assert_eq!(taken(&format!("[[node]]\nname = \"{}\"\n", text(bytes))), fits);
    }
    says("a name", "63 bytes");
    for (bytes, fits) in [(10_000, true), (10_001, false)] {
        let set = format!("[[node]]\nname = \"a\"\n[settings]\ncluster_name = \"{}\"\n", text(bytes));
        let problems =
            Scenario::parse(&set, Format::Toml, "x.toml").err().map(|why| why.to_string()).unwrap_or_default();
        assert_eq!(!problems.contains("longer than 10000 bytes"), fits, "{problems}");
    }
    says("a setting's value", "10,000 bytes");
    for (bytes, fits) in [(1_000, true), (1_001, false)] {
        let that = format!("writes.lost == {}0", " ".repeat(bytes - 16));
        assert_eq!(that.len(), bytes);
        assert_eq!(taken(&format!("{}[[expect]]\nthat = \"{that}\"\n", small(""))), fits);
    }
    says("a connection string and an expectation", "1,000 bytes");
}

#[test]
fn a_scenario_as_a_whole_has_limits() {
    let comment = |bytes: usize| format!("{}#{}", small(""), text(bytes - small("").len() - 1));
    assert!(taken(&comment(1 << 20)));
    assert!(!taken(&comment((1 << 20) + 1)));
    says("a scenario's text", "1 MB");
    let nodes = |count: usize| (0..count).map(|index| format!("[[node]]\nname = \"n{index}\"\n")).collect::<String>();
    assert!(taken(&nodes(9)) && !taken(&nodes(10)));
    let clients = |count: usize| {
        (0..count).map(|index| format!("[[client]]\nname = \"c{index}\"\n")).collect::<String>() + &nodes(1)
    };
    assert!(taken(&clients(16)) && !taken(&clients(17)));
    says("nodes, clients", "9 at a time (and 200 over a run), 16");
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let nested = |levels: usize| {
        let text = format!("{{\"at\": {}}}", deep(levels - 1));
        Scenario::parse(&text, Format::Json, "x.json").unwrap_err().to_string().contains("nested deeper")
    };
    assert!(!nested(16) && nested(18));
    says("its nesting", "JSON: 16 levels");
    // Far deeper than anybody's stack.
    for (open, format) in
        [("[", Format::Json), ("{\"a\":", Format::Json), ("a = [", Format::Toml), ("a = {a=", Format::Toml)]
    {
        assert!(Scenario::parse(&open.repeat(150_000), format, "deep").is_err());
        assert!(Scenario::parse(&format!("a = {}", "[".repeat(500_000)), format, "deep").is_err());
    }
    assert!(Override::parse(&format!("{}=1", "a.".repeat(200_000))).is_err());
    for (text, fits) in [("24h", true), ("24.1h", false)] {
        assert_eq!(taken(&format!("duration = \"{text}\"\n[[node]]\nname = \"a\"\n")), fits);
    }
    for (seed, fits) in [((1_u64 << 53) - 1, true), (1 << 53, false)] {
        assert_eq!(taken(&small(&format!("seed = {seed}"))), fits);
    }
    says("a duration, a size, a seed", "1 day, 1 TB, 2⁵³ − 1");
    let wrong: String = (0..50).map(|index| format!("wrong{index} = 1\n")).collect();
    let problems = Scenario::parse(&wrong, Format::Toml, "x").unwrap_err().to_string();
    assert!((20..=22).contains(&problems.lines().count()), "{problems}");
    says("problems that are reported", "20");
}

#[test]
fn sql_has_limits() {
    let mut database = Database::new(Flavor::Postgresql, 1).unwrap();
    let mut refused = |sql: &str| database.query(sql).is_err();
    assert!(!refused(&format!("SELECT {}1{}", "(".repeat(90), ")".repeat(90))));
    assert!(refused(&format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000))));
    let sum = |terms: usize| format!("SELECT {}", vec!["1"; terms].join("+"));
    assert!(!refused(&sum(150)) && refused(&sum(250)));
    let columns = |count: usize| format!("SELECT {}", vec!["1"; count].join(","));
    assert!(!refused(&columns(500)) && refused(&columns(501)));
    let compound = |count: usize| vec!["SELECT 1"; count].join(" UNION ALL ");
    assert!(!refused(&compound(500)) && refused(&compound(501)));
    assert!(refused(&format!("SELECT 1 LIKE '{}'", text(1_001))));
    assert!(refused(&format!("SELECT '{}'", text(1 << 20))));
    // Work without an end, and results without one.
    assert!(refused("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"));
    assert!(refused("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100001) SELECT i FROM n"));
    assert!(refused("SELECT zeroblob(16777217)"));
    says(
        "a statement as a server takes it",
        "1 MB; a value or row 16 MB; 200 levels of an expression; 500 columns; 500 parts",
    );
    says("its work", "20,000,000 steps of SQLite's machine, about a second; 100,000 rows or 32 MB");
}

#[test]
fn attributes_have_limits() {
    let problem = |name: &str, value: &str| Options::read([(name, value)]).1.pop().map(|problem| problem.message);
    for (name, most, more) in
        [("height", "2000", "2001"), ("seed", "9007199254740991", "9007199254740992"), ("at", "24h", "25h")]
    {
        assert_eq!(problem(name, most), None, "{name}");
        assert!(problem(name, more).is_some(), "{name}");
    }
    // What is said of a value does not grow with it.
    for name in ["controls", "instrument", "theme", "autoplay", "height", "seed", "speed", "at"] {
        assert!(problem(name, &text(100_000)).unwrap_or_default().len() < 400, "{name}");
    }
    says("an attribute of the widget", "`height` 160 to 2,000 pixels; a value is quoted with 40 characters");
}
