//! Statements, transactions, locks and errors as a client sees them.

use replication_lab::engine::log::Lsn;
use replication_lab::engine::trace::What;
use replication_lab::sim::command::Command;

use crate::cluster::*;

#[test]
fn what_sqlite_rejects_comes_back_and_the_log_is_untouched() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    let end = |run: &replication_lab::sim::Run<Tape>| -> Lsn { run.world().view().nodes[0].insert_lsn };
    let before = end(&run);
    for bad in [
        "INSERT INTO nowhere VALUES (1)",
        "SELEC 1",
        "INSERT INTO accounts VALUES (1, NULL)",
        "'",
        "/*",
        "(",
        ";;",
        "\0",
    ] {
        sql(&mut run, bad);
        run.run_until(run.now().plus(100_000));
        assert_eq!(end(&run), before, "{bad}");
    }
    sql(&mut run, "SELECT * FROM nowhere");
    run.run_until(run.now().plus(100_000));
    assert_eq!(answer(&run), "ERROR:  relation \"nowhere\" does not exist");
}

#[test]
fn a_transaction_is_one_group_and_a_failed_one_is_none() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    sql(&mut run, "BEGIN");
    sql(&mut run, "INSERT INTO accounts VALUES (1, 1)");
    sql(&mut run, "INSERT INTO accounts VALUES (2, 2)");
    run.run_until(ms(700));
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM accounts"), "0");
    sql(&mut run, "COMMIT");
    run.run_until(ms(900));
    assert_eq!(count(&run, |w| matches!(w, What::Logged { keys, .. } if keys.changes == 2)), 1);
    assert_eq!(rows(&mut run, 1, "SELECT count(*) FROM accounts"), "2");
    sql(&mut run, "BEGIN; INSERT INTO accounts VALUES (3, 3); INSERT INTO accounts VALUES (1, 1); COMMIT");
    run.run_until(ms(1_200));
    assert!(answer(&run).contains("duplicate key value violates unique constraint"), "{}", answer(&run));
    sql(&mut run, "SELECT 1");
    run.run_until(ms(1_400));
    assert!(answer(&run).contains("current transaction is aborted"), "{}", answer(&run));
    sql(&mut run, "ROLLBACK");
    run.run_until(ms(1_600));
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM accounts"), "2");
    assert_eq!(count(&run, |w| matches!(w, What::Logged { .. })), 1);
}

#[test]
fn a_second_session_waits_for_the_row() {
    let mut run = start(quiet(1));
    run.run_until(ms(500));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 100)");
    run.run_until(ms(700));
    sql(&mut run, "BEGIN; UPDATE accounts SET balance = balance - 30 WHERE id = 1");
    run.run_until(ms(800));
    sql_on(&mut run, "db1", "UPDATE accounts SET balance = balance * 2 WHERE id = 1");
    run.run_until(ms(900));
    assert_eq!(count(&run, |w| matches!(w, What::LockWait { .. })), 1);
    assert_eq!(rows(&mut run, 0, "SELECT balance FROM accounts"), "100");
    sql(&mut run, "COMMIT");
    run.run_until(ms(1_100));
    assert_eq!(rows(&mut run, 0, "SELECT balance FROM accounts"), "140");
}

#[test]
fn a_key_of_an_unfinished_insert_makes_another_insert_wait_for_its_end() {
    let mut run = start(quiet(1));
    run.run_until(ms(500));
    sql(&mut run, "BEGIN; INSERT INTO accounts VALUES (1, 1)");
    run.run_until(ms(700));
    sql_on(&mut run, "db1", "INSERT INTO accounts VALUES (1, 2)");
    run.run_until(ms(800));
    assert_eq!(count(&run, |w| matches!(w, What::LockWait { .. })), 1);
    sql(&mut run, "ROLLBACK");
    run.run_until(ms(1_000));
    assert_eq!(rows(&mut run, 0, "SELECT balance FROM accounts"), "2");
}

#[test]
fn a_deadlock_is_found_and_one_side_goes_on() {
    let mut run = start(quiet(1));
    run.run_until(ms(500));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 1), (2, 2)");
    run.run_until(ms(700));
    sql(&mut run, "BEGIN; UPDATE accounts SET balance = 10 WHERE id = 1");
    sql_on(&mut run, "db1", "BEGIN; UPDATE accounts SET balance = 20 WHERE id = 2");
    run.run_until(ms(900));
    sql(&mut run, "UPDATE accounts SET balance = 11 WHERE id = 2");
    run.run_until(ms(1_000));
    sql_on(&mut run, "db1", "UPDATE accounts SET balance = 21 WHERE id = 1");
    run.run_until(ms(1_200));
    let errors: Vec<String> =
        run.world().console().iter().filter_map(|entry| entry.result.as_ref().err().map(|e| e.to_string())).collect();
    assert_eq!(errors, ["ERROR:  deadlock detected"]);
    sql(&mut run, "COMMIT");
    run.run_until(ms(1_400));
    assert_eq!(rows(&mut run, 0, "SELECT balance FROM accounts ORDER BY id"), "10;11");
}

#[test]
fn savepoints_and_ddl_roll_back() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    sql(
        &mut run,
        "BEGIN; INSERT INTO accounts VALUES (1, 1); SAVEPOINT s; CREATE TABLE t (a); INSERT INTO t VALUES (1); INSERT INTO accounts VALUES (2, 2); ROLLBACK TO s; COMMIT",
    );
    run.run_until(ms(900));
    for node in 0..2 {
        assert_eq!(rows(&mut run, node, "SELECT id FROM accounts"), "1");
        assert_eq!(rows(&mut run, node, "SELECT count(*) FROM sqlite_schema WHERE name = 't'"), "0");
    }
}

#[test]
fn an_open_transaction_ends_with_its_connection() {
    let mut run = start(quiet(1));
    run.run_until(ms(500));
    sql_on(&mut run, "db1", "BEGIN; INSERT INTO accounts VALUES (1, 1)");
    run.run_until(ms(600));
    let between = replication_lab::sim::command::Between(name("db1"), name("proxy"));
    assert!(run.act(Command::Disconnect { between }).is_ok());
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Restart { node: name("db1") });
    run.run_until(ms(2_000));
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM accounts"), "0");
}

#[test]
fn a_word_that_no_statement_begins_with_is_a_syntax_error_on_every_server() {
    let mut run = start(quiet(2));
    run.run_until(ms(1_000));
    for node in ["db1", "db2"] {
        sql_on(&mut run, node, "FROBNICATE kv");
        run.run_until(run.now().plus(100_000));
        assert_eq!(answer(&run), "ERROR:  syntax error at or near \"FROBNICATE\"", "{node}");
    }
}

#[test]
fn what_the_laboratory_lacks_is_refused_by_name() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    for (text, expected) in [
        ("ALTER SEQUENCE s RESTART", "ERROR:  ALTER SEQUENCE is not available in the laboratory; setval() is"),
        (
            "CREATE TEMP VIEW x AS SELECT 1",
            "ERROR:  temporary objects other than tables are not available in the laboratory",
        ),
    ] {
        sql(&mut run, text);
        run.run_until(run.now().plus(100_000));
        assert_eq!(answer(&run), expected, "{text}");
    }
}

#[test]
fn a_prepared_read_goes_where_it_was_prepared() {
    let mut run = start(quiet(2));
    run.run_until(ms(500));
    for (text, expected) in [
        ("PREPARE p (int) AS SELECT $1 + 1", "PREPARE"),
        ("EXECUTE p(41)", "42"),
        ("BEGIN READ ONLY", "BEGIN"),
        ("EXECUTE p(1)", "2"),
        ("COMMIT", "COMMIT"),
        ("DEALLOCATE p", "DEALLOCATE"),
        ("EXECUTE p(1)", "ERROR:  prepared statement \"p\" does not exist"),
    ] {
        sql(&mut run, text);
        run.run_until(run.now().plus(100_000));
        assert_eq!(answer(&run), expected, "{text}");
    }
}
