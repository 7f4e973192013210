//! The return of a former primary: what refuses it, and what `pg_rewind` makes of it.

use rand_pcg::Pcg32;
use replication_lab::engine::chance::below;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::{Life, What};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::setup::{LinkShape, Setup};
use replication_lab::sim::view::{NodeView, Role};

use crate::cluster::*;

/// What real servers said, one line each; test data.
const REAL: &str = include_str!("../data/postgresql-15-return.txt");

fn view(run: &Run<Tape>, index: usize) -> NodeView {
    run.world().view().nodes[index].clone()
}

fn on(run: &mut Run<Tape>, after_ms: u64) {
    let at = ms(run.now().0 / 1_000 + after_ms);
    run.run_until(at);
}

fn sums(run: &Run<Tape>, nodes: &[u8]) -> Vec<Option<u64>> {
    nodes.iter().map(|node| run.world().checksum(NodeId(*node)).map(|(_, sum)| sum)).collect()
}

fn same(run: &Run<Tape>, nodes: &[u8]) {
    let sums = sums(run, nodes);
    assert!(sums.iter().all(|sum| *sum == sums[0]), "{nodes:?}: {sums:?} {:?}", run.world().view().nodes);
}

/// Whether a real server said this, numbers and positions aside.
fn real(said: &str) -> bool {
    let plain = |text: &str| {
        let words = text.split_whitespace().map(|word| {
            let word = word.trim_end_matches(['.', ',']);
            if word.contains('/') {
                "LSN"
            } else if word.chars().all(|c| c.is_ascii_digit()) {
                "N"
            } else {
                word
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let said: Vec<String> = said.lines().map(plain).collect();
    said.iter().all(|said| REAL.lines().any(|line| plain(line).ends_with(said.as_str())))
}

fn refused(run: &Run<Tape>, index: usize, words: &str) {
    let error = view(run, index).error.expect("it cannot follow");
    assert!(error.contains(words), "{error}");
    assert!(real(&error), "no real server said: {error}");
}

/// db1, cut off from the others while clients still reach it, takes writes that db2 lacks; db2 is promoted and takes others.
fn diverged(setup: Setup) -> Run<Tape> {
    let mut run = start(with(setup, &[("wal_retrieve_retry_interval", "500ms")]));
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (1, 100), (2, 200), (3, 300)");
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (4, 400); UPDATE accounts SET balance = 0 WHERE id = 1");
    sql_on(&mut run, "db1", "DELETE FROM accounts WHERE id = 3");
    on(&mut run, 300);
    do_now(&mut run, Command::Promote { node: name("db2") });
    on(&mut run, 500);
    sql_on(
        &mut run,
        "db2",
        "INSERT INTO accounts VALUES (4, 444), (5, 500); UPDATE accounts SET balance = 2 WHERE id = 2",
    );
    on(&mut run, 500);
    run
}

fn back(run: &mut Run<Tape>) {
    do_now(run, Command::Heal { between: None });
    on(run, 100);
}

#[test]
fn a_former_primary_past_the_fork_cannot_follow_and_keeps_trying() {
    let mut run = diverged(quiet(3));
    back(&mut run);
    do_now(&mut run, Command::Repoint { node: name("db1"), upstream: name("db2") });
    on(&mut run, 5_000);
    refused(&run, 0, "new timeline 2 forked off current database system timeline 1 before current recovery point");
    let db1 = view(&run, 0);
    assert_eq!((db1.role, db1.streaming, db1.timeline.0), (Role::Replica, false, 1));
    let tried = count(&run, |what| matches!(what, What::ReplicationRefused { standby: NodeId(0), .. }));
    assert!(tried >= 5, "{tried}");
    assert_eq!(rows(&mut run, 0, "SELECT group_concat(balance) FROM accounts"), "0,200,400");
    // It has fetched the history: from the next start on, recovery itself refuses.
    do_now(&mut run, Command::Restart { node: name("db1") });
    on(&mut run, 3_000);
    assert_eq!(view(&run, 0).life, Life::Stopped);
    refused(&run, 0, "FATAL:  requested timeline 2 does not contain minimum recovery point");
}

#[test]
fn a_checkpoint_past_the_fork_is_refused_at_the_start() {
    let mut run = diverged(quiet(3));
    sql_on(&mut run, "db1", "CHECKPOINT");
    back(&mut run);
    do_now(&mut run, Command::Repoint { node: name("db1"), upstream: name("db2") });
    on(&mut run, 3_000);
    do_now(&mut run, Command::Restart { node: name("db1") });
    on(&mut run, 3_000);
    refused(&run, 0, "requested timeline 2 is not a child of this server's history");
}

#[test]
fn a_standby_whose_segment_begins_past_the_fork_is_refused_by_its_upstream() {
    let mut setup = quiet(3);
    setup.settings.push(("wal_segment_size".into(), "1MB".into()));
    let mut run = start(setup);
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    sql_on(&mut run, "db1", "INSERT INTO kv (id, value) VALUES (100, zeroblob(1500000))");
    sql_on(&mut run, "db1", "INSERT INTO kv (id, value) VALUES (101, zeroblob(1500000))");
    do_now(&mut run, Command::Promote { node: name("db2") });
    on(&mut run, 1_000);
    back(&mut run);
    do_now(&mut run, Command::Repoint { node: name("db1"), upstream: name("db2") });
    on(&mut run, 3_000);
    refused(&run, 0, "could not start WAL streaming: ERROR:  requested starting point");
}

#[test]
fn a_standby_that_was_ahead_cannot_follow_a_slower_one_that_was_promoted() {
    // db2 is cut off when db1 writes; db3, which has it, is ahead of the fork, and a cascade below it is as well.
    let mut setup = quiet(4);
    setup.nodes[3].upstream = Some(name("db3"));
    let mut run = start(with(setup, &[("wal_retrieve_retry_interval", "500ms")]));
    run.run_until(ms(500));
    do_now(&mut run, Command::Partition { between: Between(name("db1"), name("db2")), one_way: false });
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (1, 100)");
    on(&mut run, 300);
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    on(&mut run, 500);
    sql_on(&mut run, "db2", "INSERT INTO accounts VALUES (9, 900)");
    on(&mut run, 3_000);
    refused(&run, 2, "new timeline 2 forked off current database system timeline 1");
    assert_eq!(rows(&mut run, 2, "SELECT group_concat(id) FROM accounts"), "1", "nothing of the new timeline");
    assert!(view(&run, 3).streaming && view(&run, 3).error.is_none(), "the cascade has what its upstream has");
    do_now(&mut run, Command::Rewind { node: name("db3") });
    on(&mut run, 6_000);
    same(&run, &[1, 2]);
    // Now the cascade's upstream is on a timeline that left the cascade's own before where it is.
    refused(&run, 3, "new timeline 2 forked off current database system timeline 1");
    do_now(&mut run, Command::Rewind { node: name("db4") });
    on(&mut run, 6_000);
    same(&run, &[1, 2, 3]);
}

#[test]
fn a_standby_ahead_of_its_upstream_on_one_timeline_waits_until_that_has_caught_up() {
    let mut run = start(with(quiet(3), &[("wal_retrieve_retry_interval", "500ms")]));
    run.run_until(ms(500));
    do_now(&mut run, Command::Partition { between: Between(name("db1"), name("db2")), one_way: false });
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (1, 100)");
    on(&mut run, 300);
    do_now(&mut run, Command::Repoint { node: name("db3"), upstream: name("db2") });
    on(&mut run, 1_000);
    assert!(view(&run, 2).streaming && view(&run, 2).error.is_none(), "{:?}", view(&run, 2).error);
    do_now(&mut run, Command::Promote { node: name("db2") });
    sql_on(&mut run, "db2", "INSERT INTO accounts VALUES (9, 900)");
    on(&mut run, 2_000);
    refused(&run, 2, "new timeline 2 forked off current database system timeline 1");
    assert_eq!(rows(&mut run, 2, "SELECT group_concat(id) FROM accounts"), "1");
}

#[test]
fn a_rewind_discards_what_is_past_the_fork_and_follows() {
    let mut run = diverged(quiet(3));
    back(&mut run);
    do_now(&mut run, Command::Rewind { node: name("db1") });
    on(&mut run, 4_000);
    let db1 = view(&run, 0);
    assert_eq!((db1.role, db1.streaming, db1.timeline.0, db1.life), (Role::Replica, true, 2, Life::Running), "{db1:?}");
    same(&run, &[0, 1, 2]);
    assert_eq!(rows(&mut run, 0, "SELECT group_concat(balance) FROM accounts"), "100,2,300,444,500");
    let discarded: Vec<&String> = run.observer().lines.iter().filter(|l| l.contains("rewind_discards")).collect();
    assert_eq!(discarded.len(), 2, "{discarded:?}");
    assert!(discarded[0].contains("INSERT INTO accounts VALUES (4, 400)"), "{discarded:?}");
    assert!(discarded[1].contains("DELETE FROM accounts: (3, 300)"), "{discarded:?}");
    // It can be promoted again, and takes writes.
    do_now(&mut run, Command::Switchover { node: name("db1") });
    on(&mut run, 3_000);
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (6, 600)");
    on(&mut run, 2_000);
    same(&run, &[0, 1, 2]);
}

#[test]
fn a_crashed_target_is_recovered_by_a_single_user_server_first() {
    for crash in [true, false] {
        let mut run = diverged(quiet(3));
        let node = name("db1");
        do_now(&mut run, if crash { Command::Crash { node } } else { Command::Kill { node } });
        back(&mut run);
        do_now(&mut run, Command::Rewind { node: name("db1") });
        on(&mut run, 5_000);
        assert_eq!(count(&run, |what| matches!(what, What::RewindFinished { .. })), 1);
        same(&run, &[0, 1, 2]);
        let accepted = count(
            &run,
            |what| matches!(what, What::BecamePrimary { node: NodeId(0), at, .. } if at.0 > 0x0100_0000 + 4_000),
        );
        assert_eq!(accepted, 0, "it took no connection between");
    }
}

#[test]
fn no_rewind_is_required_where_nothing_diverged() {
    let mut run = start(quiet(3));
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (1, 100)");
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    on(&mut run, 500);
    sql_on(&mut run, "db2", "INSERT INTO accounts VALUES (2, 200)");
    do_now(&mut run, Command::Rewind { node: name("db1") });
    on(&mut run, 4_000);
    assert_eq!(count(&run, |what| matches!(what, What::RewindNotRequired { .. })), 1);
    assert_eq!(count(&run, |what| matches!(what, What::RewindStarted { .. })), 0);
    assert!(view(&run, 0).streaming);
    same(&run, &[0, 1, 2]);
    // The same of a standby in step: both are on one timeline.
    do_now(&mut run, Command::Rewind { node: name("db3") });
    on(&mut run, 4_000);
    assert_eq!(count(&run, |what| matches!(what, What::RewindNotRequired { .. })), 2);
    same(&run, &[0, 1, 2]);
}

#[test]
fn a_rewind_across_two_promotions_finds_the_first_fork() {
    let mut run = diverged(quiet(3));
    do_now(&mut run, Command::Switchover { node: name("db3") });
    on(&mut run, 3_000);
    sql_on(&mut run, "db3", "UPDATE accounts SET balance = 7 WHERE id = 3; INSERT INTO accounts VALUES (7, 700)");
    on(&mut run, 300);
    back(&mut run);
    do_now(&mut run, Command::Rewind { node: name("db1") });
    on(&mut run, 4_000);
    assert_eq!(view(&run, 0).timeline.0, 3);
    assert!(run.observer().lines.iter().any(|l| l.contains("rewind_started") && l.contains("timeline=1")));
    same(&run, &[0, 1, 2]);
}

/// 3,000 rows, and a link of 20 kB/s between db1 and db2, which has `more` written after the fork.
fn big(more: &str) -> Run<Tape> {
    let mut setup = with(quiet(3), &[("wal_retrieve_retry_interval", "500ms"), ("wal_receiver_timeout", "3s")]);
    setup.schema = "CREATE TABLE big (id INTEGER PRIMARY KEY, pad TEXT NOT NULL)".to_owned();
    let mut run = start(setup);
    sql_on(
        &mut run,
        "db1",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
         INSERT INTO big SELECT i, printf('%0200d', i) FROM n",
    );
    run.run_until(ms(3_000));
    sql_on(&mut run, "db1", "CHECKPOINT");
    on(&mut run, 300);
    do_now(&mut run, Command::Isolate { who: name("db1") });
    sql_on(&mut run, "db1", "UPDATE big SET pad = 'lost' WHERE id BETWEEN 100 AND 119");
    sql_on(&mut run, "db1", "DELETE FROM big WHERE id = 200");
    on(&mut run, 300);
    do_now(&mut run, Command::Promote { node: name("db2") });
    on(&mut run, 500);
    sql_on(&mut run, "db2", "UPDATE big SET pad = 'new' WHERE id BETWEEN 110 AND 300");
    on(&mut run, 500);
    sql_on(&mut run, "db2", more);
    on(&mut run, 1_000);
    let shape = LinkShape { bandwidth: Some(20_000), ..LinkShape::default() };
    do_now(&mut run, Command::Link { between: Between(name("db1"), name("db2")), shape });
    back(&mut run);
    run
}

#[test]
fn few_divergent_rows_cost_far_less_than_a_base_backup() {
    let mut run = big("SELECT 1");
    do_now(&mut run, Command::Rewind { node: name("db1") });
    on(&mut run, 20_000);
    same(&run, &[0, 1, 2]);
    let fetched = run.observer().events.iter().find_map(|event| match event.what {
        What::RewindFetched { rows, rows_bytes, log_bytes, .. } => Some((rows, rows_bytes, log_bytes)),
        _ => None,
    });
    let (rows, rows_bytes, log_bytes) = fetched.expect("it was rewound");
    assert_eq!(rows, 21, "twenty changed and one deleted here");
    let whole = {
        let mut run = run;
        do_now(&mut run, Command::Reclone { node: name("db1") });
        on(&mut run, 60_000);
        run.observer().events.iter().find_map(|event| match event.what {
            What::BackupStarted { bytes, .. } => Some(bytes),
            _ => None,
        })
    };
    let whole = whole.expect("it was copied");
    assert!(rows_bytes < 10_000 && (rows_bytes + log_bytes) * 5 < whole, "{rows_bytes} + {log_bytes} of {whole}");
}

#[test]
fn a_rewind_that_is_cut_off_leaves_a_server_that_needs_a_backup() {
    for fault in 0..4 {
        // More than fits on the way: it has not all been sent when the source fails.
        let mut run = big("INSERT INTO kv VALUES (1, zeroblob(1500000))");
        do_now(&mut run, Command::Rewind { node: name("db1") });
        while view(&run, 0).copying.is_none_or(|copy| copy.bytes == 0) {
            on(&mut run, 20);
            assert!(run.now() < ms(30_000), "it begins");
        }
        match fault {
            0 => do_now(&mut run, Command::Isolate { who: name("db1") }),
            1 => do_now(&mut run, Command::Crash { node: name("db2") }),
            2 => do_now(&mut run, Command::Kill { node: name("db2") }),
            _ => do_now(&mut run, Command::Kill { node: name("db1") }),
        }
        on(&mut run, 8_000);
        let db1 = view(&run, 0);
        assert_eq!(db1.life, Life::Stopped, "fault {fault}");
        assert!(db1.error.as_ref().is_some_and(|e| e.contains("take a new base backup")), "{fault}: {:?}", db1.error);
        assert!(run.act(Command::Restart { node: name("db1") }).is_err(), "fault {fault}");
        do_now(&mut run, Command::Heal { between: None });
        if fault == 1 || fault == 2 {
            do_now(&mut run, Command::Restart { node: name("db2") });
            on(&mut run, 2_000);
        }
        assert!(run.act(Command::Rewind { node: name("db1") }).is_err_and(|why| why.contains("base backup")));
        let shape = LinkShape { bandwidth: Some(0), ..LinkShape::default() };
        do_now(&mut run, Command::Link { between: Between(name("db1"), name("db2")), shape });
        // What was under way has left the wire by then.
        on(&mut run, 90_000);
        do_now(&mut run, Command::Reclone { node: name("db1") });
        on(&mut run, 20_000);
        same(&run, &[0, 1]);
    }
}

#[test]
fn log_that_is_gone_ends_a_rewind_in_the_tools_words() {
    let mut setup = with(quiet(2), &[("wal_segment_size", "1MB"), ("min_wal_size", "2MB"), ("max_wal_size", "2MB")]);
    setup.schema.clear();
    // Gone from the target.
    let mut run = start(setup.clone());
    run.run_until(ms(500));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    for key in 0..6 {
        let sql = format!("INSERT INTO kv (id, value) VALUES ({key}, zeroblob(700000))");
        sql_on(&mut run, "db1", &sql);
        on(&mut run, 100);
    }
    sql_on(&mut run, "db1", "CHECKPOINT");
    on(&mut run, 500);
    back(&mut run);
    do_now(&mut run, Command::Rewind { node: name("db1") });
    on(&mut run, 3_000);
    refused(&run, 0, "pg_rewind: error: could not find previous WAL record at");
    let restarted = run.act(Command::Restart { node: name("db1") });
    assert!(restarted.is_ok(), "nothing was changed: it can be started as it was");
    // Gone from the source.
    let mut run = start(setup);
    run.run_until(ms(500));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    sql_on(&mut run, "db1", "INSERT INTO kv (id, value) VALUES (1, 1)");
    for key in 0..6 {
        let sql = format!("INSERT INTO kv (id, value) VALUES ({key}, zeroblob(700000))");
        sql_on(&mut run, "db2", &sql);
        on(&mut run, 100);
    }
    sql_on(&mut run, "db2", "CHECKPOINT");
    on(&mut run, 500);
    back(&mut run);
    do_now(&mut run, Command::Rewind { node: name("db1") });
    on(&mut run, 3_000);
    let error = view(&run, 0).error.expect("it is of no use");
    assert!(error.contains("could not receive data from WAL stream: ERROR:  requested WAL segment 0000000"), "{error}");
    assert!(run.act(Command::Restart { node: name("db1") }).is_err());
}

#[test]
fn what_cannot_be_rewound_is_refused() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    assert!(run.act(Command::Rewind { node: name("db1") }).is_err_and(|why| why.contains("is the primary itself")));
    do_now(&mut run, Command::Pause { node: name("db2") });
    assert!(run.act(Command::Rewind { node: name("db2") }).is_err_and(|why| why.contains("resumed first")));
    let mut run = start(Setup { flavor: Flavor::Mysql, ..quiet(2) });
    run.run_until(ms(500));
    assert!(run.act(Command::Rewind { node: name("db2") }).is_err_and(|why| why.contains("MySQL has no pg_rewind")));
}

/// A statement that changes something, now and then the schema.
fn some_sql(random: &mut Pcg32, generation: u32) -> String {
    let id = below(30, random);
    let value = below(1_000, random);
    match below(16, random) {
        0 => format!("DELETE FROM accounts WHERE id = {id}"),
        1 => format!("UPDATE accounts SET id = id + 100 WHERE id = {id}"),
        2 => "ALTER TABLE accounts ADD COLUMN note TEXT".to_owned(),
        3 => format!("CREATE TABLE t{generation}_{id} (a TEXT PRIMARY KEY, b REAL) WITHOUT ROWID"),
        4 => format!("INSERT INTO t{generation}_{id} VALUES ('{value}', {value}.5)"),
        5 => "DROP TABLE IF EXISTS extra".to_owned(),
        6 => "CREATE TABLE IF NOT EXISTS extra (n INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT UNIQUE)".to_owned(),
        7 | 8 => format!("INSERT INTO extra (v) VALUES ('{value}')"),
        9 => format!("UPDATE extra SET v = v || 'x' WHERE n = {}", id % 5),
        10 => "CREATE UNIQUE INDEX IF NOT EXISTS by_balance ON accounts (balance)".to_owned(),
        11 => "ALTER TABLE extra RENAME TO other".to_owned(),
        12 => "CREATE VIEW IF NOT EXISTS rich AS SELECT * FROM accounts WHERE balance > 500".to_owned(),
        13 => {
            format!("BEGIN; INSERT INTO kv VALUES ({id}, {value}); UPDATE accounts SET balance = balance + 1; COMMIT")
        }
        _ => format!("INSERT INTO accounts (id, balance) VALUES ({id}, {value}) ON CONFLICT DO NOTHING"),
    }
}

fn some_statements(run: &mut Run<Tape>, node: &str, random: &mut Pcg32, generation: u32) {
    for _ in 0..8 + below(12, random) {
        let sql = some_sql(random, generation);
        sql_on(run, node, &sql);
        on(run, 30);
        if below(12, random) == 0 {
            sql_on(run, node, "CHECKPOINT");
        }
    }
}

#[test]
fn whatever_was_written_on_both_sides_a_rewind_ends_in_step() {
    let (mut rewound, mut with_ddl) = (0, 0);
    for seed in 0..40 {
        let mut random = Pcg32::new(seed, 5);
        let mut setup = quiet(3);
        setup.seed = seed;
        let mut run = start(setup);
        some_statements(&mut run, "db1", &mut random, 1);
        on(&mut run, 300);
        do_now(&mut run, Command::Isolate { who: name("db1") });
        some_statements(&mut run, "db1", &mut random, 2);
        do_now(&mut run, Command::Promote { node: name("db2") });
        on(&mut run, 500);
        some_statements(&mut run, "db2", &mut random, 3);
        if below(3, &mut random) == 0 {
            do_now(&mut run, Command::Crash { node: name("db1") });
        }
        back(&mut run);
        do_now(&mut run, Command::Rewind { node: name("db1") });
        // The source takes writes meanwhile.
        some_statements(&mut run, "db2", &mut random, 4);
        on(&mut run, 5_000);
        let finished = count(&run, |what| matches!(what, What::RewindFinished { .. }));
        rewound += finished;
        with_ddl += count(&run, |what| matches!(what, What::RewindListed { ddl: 1.., .. }));
        assert_eq!(view(&run, 0).error, None, "seed {seed}");
        assert!(view(&run, 0).streaming, "seed {seed}");
        same(&run, &[0, 1, 2]);
        let scan = run.world_mut().query(NodeId(0), "SELECT count(*) FROM accounts");
        assert!(scan.is_ok());
    }
    assert!(rewound >= 35 && with_ddl >= 15, "{rewound} rewinds, {with_ddl} of them with DDL");
}
