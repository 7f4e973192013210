use std::str::FromStr;

use replication_lab::check::history::History;
use replication_lab::embed::options::{CONTROLS, INSTRUMENTS, Options};
use replication_lab::engine::client::ConnectionString;
use replication_lab::engine::commit::StandbyRule;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::gtid::GtidSet;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::log::{Lsn, record};
use replication_lab::engine::message::Statement;
use replication_lab::engine::proxy::Splitter;
use replication_lab::engine::settings::{Settings, registry};
use replication_lab::engine::sql::split;
use replication_lab::engine::storage::{Change, Parts};
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::Life;
use replication_lab::scenario::link::Shared;
use replication_lab::scenario::{Format, Override, Scenario, That, parse_duration};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Command, Console};

const FLAVORS: [Flavor; 2] = [Flavor::Postgresql, Flavor::Mysql];

/// A record of the log, as recovery and standbys read it: what is decoded was checked. The checksum is put right, since
/// nothing would come past it.
pub fn log_record(data: &[u8]) {
    let at = Lsn(0x0100_0000);
    let _ = record::decode(data, at);
    let mut framed = data.to_vec();
    if framed.len() >= 16 {
        let length = framed.len() as u32;
        framed[..4].copy_from_slice(&length.to_le_bytes());
        framed[8..16].copy_from_slice(&at.0.to_le_bytes());
        let crc = crc32c::crc32c(&framed[8..]);
        framed[4..8].copy_from_slice(&crc.to_le_bytes());
        if let Ok((record, length)) = record::decode(&framed, at) {
            assert!(length <= framed.len());
            assert_eq!(record.end.0 - record.start.0, length as u64);
        }
        let _ = record::peek_new_timeline(&framed);
    }
    let mut rest = data;
    if let Ok(change) = Change::decode(&mut rest) {
        let mut again = Vec::new();
        change.encode(&mut again);
        let mut read = &again[..];
        assert_eq!(Change::decode(&mut read).as_ref(), Ok(&change), "what is written is read");
    }
    if let Some(parts) = Parts::decode(data) {
        assert!(Parts::decode(&parts.encode()).is_some());
    }
}

fn scenario_text(text: &str) {
    for format in [Format::Toml, Format::Json] {
        match Scenario::parse(text, format, "fuzz") {
            Err(problems) => assert!(!problems.to_string().is_empty()),
            Ok(scenario) => {
                let toml = scenario.to_toml();
                assert_eq!(Scenario::parse(&toml, Format::Toml, "again").as_ref(), Ok(&scenario), "{toml}");
                let json = scenario.to_json().to_string();
                assert_eq!(Scenario::parse(&json, Format::Json, "again").as_ref(), Ok(&scenario), "{json}");
            }
        }
    }
}

/// A scenario's text. What is read can be written and read again.
pub fn scenario(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        scenario_text(text);
        if let Ok(one) = Override::parse(text) {
            let small = "duration = '1s'\n[[node]]\nname = 'a'\n";
            let _ = Scenario::parse_with(small, Format::Toml, "fuzz", &[one]);
        }
    }
}

/// A link: as it is, and as the content of a link whose envelope is in order. What is read can be written and read again,
/// also as a scenario's file, and is one run however often it is carried out.
pub fn link(data: &[u8]) {
    if let Some(Ok(shared)) = std::str::from_utf8(data).ok().map(Shared::read) {
        shared_run(&shared);
    }
    if let Ok(shared) = Shared::read(&sealed(data)) {
        shared_run(&shared);
    }
}

fn shared_run(shared: &Shared) {
    match shared.fragment() {
        Ok(fragment) => assert_eq!(Shared::read(&fragment).as_ref(), Ok(shared)),
        Err(why) => panic!("what was read cannot be written: {why}"),
    }
    let whole = shared.to_scenario();
    if whole.duration_us <= 86_400_000_000 {
        let toml = whole.to_toml();
        assert_eq!(Scenario::parse(&toml, Format::Toml, "again").as_ref(), Ok(&whole), "{toml}");
    }
    let outcomes = [0, 1].map(|_| {
        let mut run = Run::new(shared.scenario.setup.clone(), shared.scenario.schedule.clone(), ()).ok()?;
        let mut replay = shared.replay();
        let mut steps = 0;
        let outcome = loop {
            match replay.step(&mut run, shared.moment.at) {
                Ok(true) if steps < 1_500 && !replay.is_finished() => steps += 1,
                other => break other,
            }
        };
        Some((outcome.map_err(|why| why.to_string()), run.steps(), run.now(), run.trace_hash()))
    });
    assert_eq!(outcomes[0], outcomes[1], "a link is one run");
}

/// A link with this content.
pub fn sealed(content: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let packed = miniz_oxide::deflate::compress_to_vec(content, 1);
    let mut bytes = (packed.len() as u16).to_be_bytes().to_vec();
    bytes.extend(crc32c::crc32c(&packed).to_be_bytes());
    bytes.extend(packed);
    let mut link = String::from("#run=1.");
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for letter in 0..=three.len() {
            link.push(char::from(LETTERS[(word >> (18 - 6 * letter)) as usize & 63]));
        }
    }
    link
}

/// SQL, typed on a primary, on a replica, in a client's session, and asked from outside. Afterwards the servers hold the
/// same, unless statements were replicated as text; and each holds it still when its process has died and come back.
pub fn sql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for flavor in FLAVORS {
        let pieces = split(text, flavor);
        assert!(pieces.iter().all(|piece| text.contains(piece)) && pieces.concat().len() <= text.len());
        let mut scenario = Scenario::parse(
            "duration = '10s'\nschema = 'CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c)'\n\
             [[node]]\nname = 'db1'\n[[node]]\nname = 'db2'\n[proxy]\n[[client]]\nname = 'app'\n",
            Format::Toml,
            "fuzz",
        )
        .expect("a scenario");
        scenario.setup.flavor = flavor;
        let mut run = Run::new(scenario.setup.clone(), Vec::new(), ()).expect("a set-up");
        run.run_until(SimTime(200_000));
        let client = Console::Client("app".into());
        for console in [client.clone(), Console::On("db1".into()), Console::On("db2".into()), client] {
            let _ = run.act(Command::Sql { console, sql: text.into() });
            let next = run.now().plus(100_000);
            run.run_until(next);
        }
        let before = run.trace_hash();
        let _ = run.world_mut().query(NodeId(1), text);
        assert_eq!(run.trace_hash(), before, "who looks from outside changes nothing");
        let next = run.now().plus(1_000_000);
        run.run_until(next);
        if replicated_as_rows(text) && at_one(&run) {
            let sums = [0, 1].map(|node| run.world().checksum(NodeId(node)).map(|(_, sum)| sum));
            assert_eq!(sums[0], sums[1], "a replica holds something else");
        }
        survives(&mut run);
    }
}

/// Whether nothing in a text asks MySQL to log statements, or not to log at all.
fn replicated_as_rows(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    !text.contains("binlog_format") && !text.contains("sql_log_bin")
}

/// Whether both servers say that they have done the same, and nothing stopped them.
fn at_one(run: &Run<()>) -> bool {
    let view = run.world().view();
    let [one, two] = &view.nodes[..] else { return false };
    let clean = view.nodes.iter().all(|node| node.error.is_none() && node.life == Life::Running);
    clean
        && match (&one.mysql, &two.mysql) {
            (Some(one), Some(two)) => one.gtid_executed == two.gtid_executed,
            _ => one.timeline == two.timeline && one.positions.apply == two.positions.apply && two.lag_bytes == 0,
        }
}

/// Kills both processes: what they held and had flushed, they hold again.
fn survives(run: &mut Run<()>) {
    for (node, name) in [(1, "db2"), (0, "db1")] {
        let view = run.world().view();
        let Some(own) = view.nodes.get(node) else { return };
        let settled = own.waiting_commits == 0 && own.insert_lsn == own.positions.flush && !own.disk_full;
        if own.life != Life::Running || own.error.is_some() || !settled {
            continue;
        }
        let held = |run: &Run<()>| run.world().checksum(NodeId(node as u8)).map(|(_, sum)| sum);
        let before = held(run);
        let _ = run.act(Command::Kill { node: name.into() });
        let _ = run.act(Command::Restart { node: name.into() });
        let next = run.now().plus(2_000_000);
        run.run_until(next);
        if run.world().view().nodes.get(node).is_some_and(|node| node.life == Life::Running && node.error.is_none()) {
            assert_eq!(held(run), before, "{name} came back with something else");
        }
    }
}

/// GTID sets: what is printed is read as the same, and the algebra is one.
pub fn gtid_set(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (one, two) = text.split_once('|').unwrap_or((text, ""));
    let _ = GtidSet::parse_purged(text);
    let Ok(one) = GtidSet::from_str(one) else { return };
    assert_eq!(GtidSet::from_str(&one.to_string()).as_ref(), Ok(&one));
    let Ok(two) = GtidSet::from_str(two) else { return };
    let (union, both, less) = (one.union(&two), one.intersect(&two), one.subtract(&two));
    assert!(one.is_subset_of(&union) && two.is_subset_of(&union) && both.is_subset_of(&one) && both.is_subset_of(&two));
    assert_eq!(less.union(&both), one);
    assert!(less.intersect(&two).is_empty());
}

/// `synchronous_standby_names`.
pub fn standby_names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(rule) = StandbyRule::parse(text) {
        assert_eq!(rule.is_empty(), rule.num_sync() == 0);
        for name in rule.names() {
            assert!(rule.priority_of(name) > 0, "{name:?} of {text:?} is nobody");
        }
    }
}

/// A setting's name, a blank, and a value: what a server shows of it, it takes.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for flavor in FLAVORS {
        let (name, value) = text.split_once(' ').unwrap_or((text, ""));
        let mut settings = Settings::defaults(flavor);
        let _ = settings.set(name, value);
        for spec in registry(flavor) {
            let mut settings = Settings::defaults(flavor);
            if settings.set(spec.name, value).is_ok() {
                let shown = settings.get(spec.name).expect("it is there");
                let mut again = Settings::defaults(flavor);
                assert_eq!(again.set(spec.name, &shown), Ok(()), "{} = {value:?}, shown as {shown:?}", spec.name);
                assert_eq!(again, settings, "{} = {value:?}, shown as {shown:?}", spec.name);
            }
        }
    }
}

/// Small languages: durations, expectations, connection strings, messages that the proxy routes.
pub fn words(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = parse_duration(text);
    if let Ok(that) = That::parse(text) {
        let _ = that.judge(&Default::default(), &[]);
    }
    for flavor in FLAVORS {
        let _ = ConnectionString::parse(text, flavor);
        let mut splitter = Splitter::new(flavor);
        for line in text.lines().take(50) {
            let decision = splitter.decide(&Statement::Sql(line.into()));
            assert!(!decision.destination().is_empty());
            let _ = decision.why();
        }
    }
}

/// The attributes of `<replication-lab>`, a line each: a name, `=`, and a value. What cannot be used is said in words that do
/// not grow with it, and changes nothing; what can be used stays within its limits.
pub fn attributes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let all: Vec<(&str, &str)> = text.lines().take(50).map(|line| line.split_once('=').unwrap_or((line, ""))).collect();
    let (options, problems) = Options::read(all.iter().copied());
    assert!(CONTROLS.contains(&options.controls) && INSTRUMENTS.contains(&options.instrument));
    assert!(options.seed.is_none_or(|seed| seed < 1 << 53) && options.at.is_none_or(|at| at.0 <= 86_400_000_000));
    for problem in &problems {
        assert!(all.iter().any(|(name, _)| *name == problem.attribute), "{problem:?} is about nothing");
        assert!(problem.message.chars().count() < 400, "{problem:?}");
    }
    let usable: Vec<_> =
        all.iter().copied().filter(|(name, value)| Options::read([(*name, *value)]).1.is_empty()).collect();
    assert_eq!(usable.len() + problems.len(), all.len());
    assert_eq!(Options::read(usable), (options, Vec::new()), "what cannot be used changes nothing");
}

/// A recorded history, judged.
pub fn history(data: &[u8]) {
    if let Ok(history) = History::read(data, "null") {
        let _ = history.judge().to_json(&history);
    }
}

/// A target: its name, and what an input is given to.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("log_record", log_record),
    ("scenario", scenario),
    ("link", link),
    ("sql", sql),
    ("gtid_set", gtid_set),
    ("standby_names", standby_names),
    ("settings", settings),
    ("words", words),
    ("attributes", attributes),
    ("history", history),
];
