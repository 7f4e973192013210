//! Sequences, `LAST_INSERT_ID()`, user variables, locks with names: what is beside rows, and what a failover makes of it.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::What;
use replication_lab::sim::Run;
use replication_lab::sim::command::Command;
use replication_lab::sim::setup::Setup;

use crate::cluster::*;

fn cluster(flavor: Flavor, nodes: usize) -> Setup {
    let mut setup = quiet(nodes);
    setup.flavor = flavor;
    setup.schema.clear();
    setup
}

fn begin(flavor: Flavor, nodes: usize) -> Run<Tape> {
    let mut run = start(cluster(flavor, nodes));
    run.run_until(ms(1_000));
    run
}

/// Types for the application, and gives the answer.
fn ask(run: &mut Run<Tape>, text: &str) -> String {
    sql(run, text);
    run.run_until(run.now().plus(100_000));
    answer(run)
}

fn ask_on(run: &mut Run<Tape>, node: &str, text: &str) -> String {
    sql_on(run, node, text);
    run.run_until(run.now().plus(100_000));
    answer(run)
}

fn all_hold(run: &mut Run<Tape>, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(ask(run, text), *expected, "{text}");
    }
}

fn same_everywhere(run: &Run<Tape>) -> bool {
    let view = run.world().view();
    let checksums: Vec<_> = view.nodes.iter().map(|node| run.world().checksum(node.id)).collect();
    checksums.windows(2).all(|pair| pair[0].map(|(_, sum)| sum) == pair[1].map(|(_, sum)| sum))
}

#[test]
fn a_sequence_skips_what_was_logged_ahead_and_repeats_what_was_lost() {
    let mut run = begin(Flavor::Postgresql, 2);
    ask(&mut run, "CREATE SEQUENCE s");
    assert_eq!(ask(&mut run, "SELECT nextval('s')"), "1");
    assert_eq!(ask(&mut run, "SELECT nextval('s')"), "2");
    assert!(same_everywhere(&run), "what is logged is what standbys have");
    assert_eq!(rows(&mut run, 0, "SELECT last_value, log_cnt FROM s"), "2|31");
    assert_eq!(rows(&mut run, 1, "SELECT last_value, log_cnt FROM s"), "33|0");
    assert_eq!(count(&run, |what| matches!(what, What::SequenceLogged { last: 33, .. })), 1, "two values, one record");
    // 33 more are logged, and never reach the standby.
    let between = replication_lab::sim::command::Between(name("db1"), name("db2"));
    do_now(&mut run, Command::Partition { between, one_way: false });
    assert_eq!(ask(&mut run, "SELECT setval('s', 500)"), "500");
    assert_eq!(ask(&mut run, "SELECT nextval('s')"), "501");
    do_now(&mut run, Command::Crash { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(run.now().plus(4_000_000));
    assert_eq!(ask(&mut run, "SELECT nextval('s')"), "34", "3 to 33 are skipped; 501 was lost");
}

#[test]
fn sequences_are_the_same_on_every_server_under_rollbacks_ddl_and_other_sessions() {
    let mut run = begin(Flavor::Postgresql, 3);
    ask(&mut run, "CREATE SEQUENCE s; CREATE TABLE c (id int PRIMARY KEY DEFAULT nextval('s'), v int)");
    for round in 0..12 {
        ask(&mut run, "BEGIN");
        ask(&mut run, "CREATE TABLE z (a int)");
        ask(&mut run, "CREATE SEQUENCE inner_one");
        ask(&mut run, "INSERT INTO c (v) SELECT nextval('s') + nextval('inner_one') FROM generate_series(1, 20)");
        // Waits for the schema, and then takes its own.
        sql_on(&mut run, "db1", "INSERT INTO c (v) VALUES (1), (2), (3)");
        let end = if round % 2 == 0 { "ROLLBACK" } else { "COMMIT; DROP TABLE z; DROP SEQUENCE inner_one" };
        ask(&mut run, end);
        run.run_until(run.now().plus(300_000));
    }
    assert_eq!(rows(&mut run, 0, "SELECT count(*) > 20 FROM c"), "t");
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM c"), rows(&mut run, 2, "SELECT count(*) FROM c"));
    assert!(same_everywhere(&run));
    // Recovery from the log gives the same again.
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Restart { node: name("db1") });
    run.run_until(run.now().plus(5_000_000));
    assert!(same_everywhere(&run));
}

#[test]
fn last_insert_id_is_the_sessions_and_the_first_number_that_the_table_chose() {
    let mut run = begin(Flavor::Mysql, 2);
    all_hold(
        &mut run,
        &[
            ("SELECT LAST_INSERT_ID()", "0"),
            ("CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "CREATE TABLE"),
            ("CREATE TABLE child (p INT)", "CREATE TABLE"),
            ("INSERT INTO p (v) VALUES (1), (2), (3)", "INSERT"),
            ("SELECT LAST_INSERT_ID(), @@last_insert_id", "1|1"),
            ("INSERT INTO child VALUES (LAST_INSERT_ID()), (LAST_INSERT_ID())", "INSERT"),
            ("SELECT group_concat(p) FROM child", "1,1"),
            ("INSERT INTO p VALUES (70, 1)", "INSERT"),
            ("SELECT LAST_INSERT_ID()", "1"),
            ("INSERT INTO p VALUES (80, 1), (NULL, 2)", "INSERT"),
            ("SELECT LAST_INSERT_ID()", "81"),
            ("UPDATE p SET v = LAST_INSERT_ID(v + 10) WHERE id = 81", "UPDATE"),
            ("SELECT LAST_INSERT_ID()", "12"),
            ("INSERT INTO nowhere VALUES (1)", "ERROR 1146 (42S02): Table 'lab.nowhere' doesn't exist"),
            ("SELECT LAST_INSERT_ID()", "12"),
        ],
    );
    assert_eq!(ask_on(&mut run, "db1", "SELECT LAST_INSERT_ID()"), "0", "another session's");
    assert_eq!(rows(&mut run, 1, "SELECT group_concat(id) FROM p"), "1,2,3,70,80,81");
    assert!(same_everywhere(&run));
}

#[test]
fn user_variables_hold_in_their_session_on_every_server() {
    let mut run = begin(Flavor::Mysql, 3);
    all_hold(
        &mut run,
        &[
            ("SELECT @a", ""),
            ("SET @a = 1 + 1, @B := 'it''s'", "SET"),
            ("SELECT @a, @b, @A + 1", "2|it's|3"),
            ("SELECT @a, @b, @A + 1", "2|it's|3"),
            ("SELECT @n := @a * 5, @n + 1", "10|11"),
            ("SELECT @n", "10"),
            ("INSERT INTO kv VALUES (@a, @n)", "INSERT"),
            ("SET @k = (SELECT max(id) FROM kv)", "SET"),
            ("SELECT @k", "2"),
            ("SELECT id, value INTO @i, @v FROM kv", "SELECT"),
            ("SELECT @i, @v", "2|10"),
            ("SELECT 1 INTO @i FROM kv WHERE id = 9", "No data - zero rows fetched, selected, or processed"),
            (
                "SELECT 1, 2 INTO @i",
                "ERROR 1222 (21000): The used SELECT statements have a different number of columns",
            ),
            ("SET @q = 'SELECT ? + ?'", "SET"),
            ("PREPARE p FROM @q", "PREPARE"),
            ("EXECUTE p USING @a, @n", "12"),
        ],
    );
    assert_eq!(ask_on(&mut run, "db1", "SELECT @a"), "", "another session's");
    // It was repeated on the replicas, and is so on a new primary.
    let repeated = count(&run, |what| matches!(what, What::StateRepeated { text, .. } if text.contains("@a = 1 + 1")));
    assert_eq!(repeated, 2);
    do_now(&mut run, Command::Crash { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(run.now().plus(4_000_000));
    assert_eq!(ask(&mut run, "INSERT INTO kv VALUES (77, @a)"), "INSERT");
    assert_eq!(rows(&mut run, 1, "SELECT value FROM kv WHERE id = 77"), "2");
}

#[test]
fn variables_go_into_the_binary_logs_statements_as_values() {
    let mut setup = with(cluster(Flavor::Mysql, 2), &[("binlog_format", "STATEMENT")]);
    setup.proxy = None;
    let mut run = start(setup);
    run.run_until(ms(1_000));
    all_hold(
        &mut run,
        &[
            ("CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "CREATE TABLE"),
            ("SET @a = 7", "SET"),
            ("INSERT INTO p (v) VALUES (@a)", "INSERT"),
            ("INSERT INTO kv VALUES (LAST_INSERT_ID(), @a)", "INSERT"),
        ],
    );
    run.run_until(ms(3_000));
    assert_eq!(rows(&mut run, 1, "SELECT id, value FROM kv"), "1|7");
    assert!(same_everywhere(&run));
}

#[test]
fn get_lock_waits_gives_up_and_goes_with_its_session() {
    let mut run = begin(Flavor::Mysql, 2);
    all_hold(
        &mut run,
        &[
            ("SELECT GET_LOCK('a', 1), GET_LOCK('A', 1)", "1|1"),
            ("SELECT IS_FREE_LOCK('a'), IS_FREE_LOCK('b'), IS_USED_LOCK('b')", "0|1|"),
            ("SELECT IS_USED_LOCK('a') = CONNECTION_ID()", "1"),
            ("SELECT RELEASE_LOCK('b')", ""),
            ("SELECT GET_LOCK('', 1)", "ERROR 3057 (42000): Incorrect user-level lock name ''."),
        ],
    );
    assert_eq!(ask_on(&mut run, "db1", "SELECT RELEASE_LOCK('a')"), "0", "another session's");
    assert_eq!(ask_on(&mut run, "db1", "SELECT GET_LOCK('a', 0)"), "0");
    let entries = run.world().console().len();
    sql_on(&mut run, "db1", "SELECT GET_LOCK('a', 0.5)");
    run.run_until(run.now().plus(450_000));
    assert_eq!(run.world().console().len(), entries, "it waits");
    run.run_until(run.now().plus(100_000));
    assert_eq!(answer(&run), "0", "and gives up");
    // A replica's are its own, and it takes them though it takes no writes.
    assert_eq!(ask_on(&mut run, "db2", "SELECT GET_LOCK('a', 0)"), "1");
    sql_on(&mut run, "db1", "SELECT GET_LOCK('a', -1)");
    run.run_until(run.now().plus(2_000_000));
    assert_eq!(ask(&mut run, "SELECT RELEASE_LOCK('a')"), "1", "taken twice");
    let waiting = run.world().console().len();
    assert_eq!(ask(&mut run, "SELECT RELEASE_ALL_LOCKS()"), "1");
    assert_eq!(run.world().console().len(), waiting + 2, "who waited has it now");
    assert_eq!(ask(&mut run, "SELECT GET_LOCK('a', 0)"), "0");
}

#[test]
fn a_circle_of_locks_is_refused_also_one_through_rows() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let (take, error) = match flavor {
            Flavor::Postgresql => ("SELECT pg_advisory_lock(1)", "deadlock detected"),
            Flavor::Mysql => ("SELECT GET_LOCK('a', 100)", "Deadlock found when trying to get user-level lock"),
        };
        let mut run = begin(flavor, 1);
        ask(&mut run, "INSERT INTO kv VALUES (1, 1)");
        ask(&mut run, "BEGIN");
        ask(&mut run, "UPDATE kv SET value = 2 WHERE id = 1");
        ask_on(&mut run, "db1", take);
        // The other one waits for the row, and has the lock.
        ask_on(&mut run, "db1", "UPDATE kv SET value = 3 WHERE id = 1");
        assert!(ask(&mut run, take).contains(error), "{flavor}: {}", answer(&run));
        ask(&mut run, "ROLLBACK");
        run.run_until(run.now().plus(500_000));
        assert_eq!(rows(&mut run, 0, "SELECT value FROM kv"), "3", "{flavor}");
    }
}

#[test]
fn locks_with_names_do_not_survive_a_failover_or_their_connection() {
    for (flavor, take, taken) in [
        (Flavor::Postgresql, "SELECT pg_try_advisory_lock(1)", ("t", "f")),
        (Flavor::Mysql, "SELECT GET_LOCK('a', 0)", ("1", "0")),
    ] {
        let mut run = begin(flavor, 2);
        assert_eq!(ask(&mut run, take), taken.0, "{flavor}");
        assert_eq!(ask_on(&mut run, "db1", take), taken.1, "{flavor}");
        do_now(&mut run, Command::Promote { node: name("db2") });
        run.run_until(run.now().plus(4_000_000));
        // The application believes that it has the lock; the new primary knows nothing of it.
        assert_eq!(ask_on(&mut run, "db2", take), taken.0, "{flavor}");
        assert_eq!(ask(&mut run, take), taken.1, "{flavor}");
        // The proxy has closed the connection to the former primary, and with it the lock is gone.
        assert_eq!(ask_on(&mut run, "db1", take), taken.0, "{flavor}");
    }
}

#[test]
fn a_temporary_table_is_in_no_log_and_gone_with_its_connection() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let mut run = begin(flavor, 2);
        ask(&mut run, "INSERT INTO kv VALUES (1, 10), (2, 20)");
        run.run_until(run.now().plus(500_000));
        let before = run.world().checksum(NodeId(0)).map(|(_, sum)| sum);
        all_hold(
            &mut run,
            &[
                ("CREATE TEMPORARY TABLE x (id INT PRIMARY KEY, v INT)", "CREATE TABLE"),
                ("INSERT INTO x SELECT id, value FROM kv", "INSERT"),
                ("SELECT x.v, kv.value FROM x JOIN kv ON kv.id = x.id ORDER BY 1", "10|10;20|20"),
            ],
        );
        assert_eq!(run.world().checksum(NodeId(0)).map(|(_, sum)| sum), before, "{flavor}: others see nothing of it");
        assert!(same_everywhere(&run), "{flavor}");
        assert!(ask_on(&mut run, "db1", "SELECT * FROM x").contains('x'), "{flavor}: another session's");
        // What it does to other tables is logged as always, and waits for their rows.
        all_hold(
            &mut run,
            &[("UPDATE kv SET value = value + 1 WHERE id IN (SELECT id FROM x WHERE v = 20)", "UPDATE")],
        );
        run.run_until(run.now().plus(500_000));
        assert_eq!(rows(&mut run, 1, "SELECT group_concat(value) FROM kv"), "10,21", "{flavor}");
        ask_on(&mut run, "db1", "BEGIN");
        ask_on(&mut run, "db1", "UPDATE kv SET value = 0 WHERE id = 1");
        sql(&mut run, "DELETE FROM kv WHERE id IN (SELECT id FROM x)");
        run.run_until(run.now().plus(300_000));
        assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM kv"), "2", "{flavor}: it waits");
        ask_on(&mut run, "db1", "ROLLBACK");
        run.run_until(run.now().plus(500_000));
        assert_eq!(rows(&mut run, 1, "SELECT count(*) FROM kv"), "0", "{flavor}");
        assert!(same_everywhere(&run), "{flavor}");
        // Another primary knows nothing of it.
        do_now(&mut run, Command::Promote { node: name("db2") });
        run.run_until(run.now().plus(4_000_000));
        let gone = ask(&mut run, "SELECT * FROM x");
        assert!(gone.contains("does not exist") || gone.contains("doesn't exist"), "{flavor}: {gone}");
    }
}

#[test]
fn a_mysql_server_that_refuses_writes_lets_temporary_tables_in() {
    let mut run = begin(Flavor::Mysql, 2);
    for (text, expected) in [
        ("BEGIN", "BEGIN"),
        // It commits nothing, and no rollback takes the table back.
        ("CREATE TEMPORARY TABLE x (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "CREATE TABLE"),
        ("ROLLBACK", "ROLLBACK"),
        ("INSERT INTO x (v) VALUES (5), (6)", "INSERT"),
        ("SELECT LAST_INSERT_ID()", "1"),
        ("BEGIN", "BEGIN"),
        ("DELETE FROM x", "DELETE"),
        ("ROLLBACK", "ROLLBACK"),
        ("SELECT id, v FROM x ORDER BY id", "1|5;2|6"),
        (
            "INSERT INTO kv SELECT id, v FROM x",
            "ERROR 1290 (HY000): The MySQL server is running with the --super-read-only option so it cannot execute this statement",
        ),
        ("DROP TEMPORARY TABLE x", "DROP TABLE"),
    ] {
        assert_eq!(ask_on(&mut run, "db2", text), expected, "{text}");
    }
    assert!(same_everywhere(&run));
}

#[test]
fn a_rollback_in_mysql_takes_no_set_back() {
    let mut run = begin(Flavor::Mysql, 2);
    all_hold(
        &mut run,
        &[
            ("BEGIN", "BEGIN"),
            ("SET innodb_lock_wait_timeout = 7", "SET"),
            ("SET @a = 1", "SET"),
            ("ROLLBACK", "ROLLBACK"),
            ("SELECT @@innodb_lock_wait_timeout, @a", "7|1"),
            ("/*+ primary */ SELECT @@innodb_lock_wait_timeout, @a", "7|1"),
        ],
    );
}
