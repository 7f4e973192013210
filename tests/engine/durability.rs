//! What crashes take, and what they do not.

use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::{Life, Verdict, What};
use replication_lab::sim::command::{Between, Command};

use crate::cluster::*;

#[test]
fn an_asynchronous_failover_loses_the_newest_writes() {
    let mut run = start(setup(3));
    run.run_until(ms(2_000));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    do_now(&mut run, Command::Heal { between: Some(Between(name("db1"), name("proxy"))) });
    run.run_until(ms(2_500));
    do_now(&mut run, Command::Crash { node: name("db1") });
    run.run_until(ms(3_000));
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(8_000));
    let view = run.world().view();
    assert_eq!(view.nodes[1].timeline.0, 2);
    assert_eq!(view.proxy.as_ref().and_then(|p| p.primary), Some(NodeId(1)));
    assert_eq!(view.nodes[2].upstream, Some(NodeId(1)));
    assert!(view.nodes[2].streaming && view.nodes[2].lag_bytes < 2_000, "{:?}", view.nodes[2]);
    let fork = run.observer().events.iter().find_map(|e| match e.what {
        What::TimelineSwitched { at, .. } => Some(at),
        _ => None,
    });
    let lost = count(&run, |w| match w {
        What::Finished { verdict: Verdict::Acknowledged { committed_at: Some((timeline, at)), .. }, .. } => {
            timeline.0 == 1 && Some(*at) > fork
        }
        _ => false,
    });
    assert!(lost > 0);
}

#[test]
fn a_synchronous_commit_waits_and_is_indeterminate_after_the_crash() {
    let mut run = start(with(setup(3), &[("synchronous_standby_names", "*")]));
    run.run_until(ms(2_000));
    for replica in ["db2", "db3"] {
        do_now(&mut run, Command::Partition { between: Between(name("db1"), name(replica)), one_way: false });
    }
    run.run_until(ms(2_500));
    assert!(run.world().view().nodes[0].waiting_commits > 3);
    do_now(&mut run, Command::Crash { node: name("db1") });
    run.run_until(ms(3_000));
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(8_000));
    let fork = run.observer().events.iter().find_map(|e| match e.what {
        What::TimelineSwitched { at, .. } => Some(at),
        _ => None,
    });
    let lost = count(&run, |w| match w {
        What::Finished { verdict: Verdict::Acknowledged { committed_at: Some((timeline, at)), .. }, .. } => {
            timeline.0 == 1 && Some(*at) > fork
        }
        _ => false,
    });
    assert_eq!(lost, 0);
    assert!(count(&run, |w| matches!(w, What::Finished { verdict: Verdict::Indeterminate { .. }, .. })) > 3);
}

#[test]
fn a_cancelled_wait_is_committed_locally_with_the_warning() {
    let mut run = start(with(quiet(1), &[("synchronous_standby_names", "nobody")]));
    run.run_until(ms(500));
    sql(&mut run, "INSERT INTO accounts VALUES (1, 1)");
    run.run_until(ms(1_000));
    assert_eq!(answer(&run), "nothing");
    sql_on(&mut run, "db1", "SELECT count(*) FROM accounts");
    run.run_until(ms(1_100));
    assert_eq!(answer(&run), "0", "a waiting commit is seen by nobody else");
    do_now(&mut run, Command::Cancel { client: name("app") });
    run.run_until(ms(1_200));
    assert!(answer(&run).starts_with("canceling wait for synchronous replication due to user request"));
    assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM accounts"), "1");
}

#[test]
fn a_crash_loses_what_was_not_flushed_and_a_kill_what_was_not_written() {
    for (command, life) in
        [(Command::Crash { node: name("db1") }, Life::Down), (Command::Kill { node: name("db1") }, Life::Stopped)]
    {
        let mut run = start(with(quiet(1), &[("synchronous_commit", "off"), ("wal_writer_delay", "10s")]));
        run.run_until(ms(500));
        sql(&mut run, "INSERT INTO accounts VALUES (1, 1)");
        run.run_until(ms(600));
        assert_eq!(answer(&run), "INSERT");
        do_now(&mut run, command);
        assert_eq!(run.world().view().nodes[0].life, life);
        do_now(&mut run, Command::Restart { node: name("db1") });
        run.run_until(ms(2_000));
        assert_eq!(run.world().view().nodes[0].life, Life::Running);
        assert_eq!(rows(&mut run, 0, "SELECT count(*) FROM accounts"), "0", "it was only in memory");
    }
}

#[test]
fn what_is_flushed_survives_every_crash() {
    for seed in 0..20 {
        let mut setup = setup(2);
        setup.seed = seed;
        let mut run = start(setup);
        run.run_until(ms(1_000 + seed * 37));
        do_now(&mut run, Command::Crash { node: name("db1") });
        do_now(&mut run, Command::Restart { node: name("db1") });
        // A standby notices at its next status (10 s) that the machine has come back without the connection.
        run.run_until(ms(18_000));
        do_now(&mut run, Command::Workload { client: name("app"), writes_per_second: 0, reads_per_second: 0 });
        run.run_until(ms(25_000));
        let acknowledged: Vec<(i64, i64)> = last_acknowledged(&run);
        for (key, value) in acknowledged {
            let shown = rows(&mut run, 0, &format!("SELECT value FROM kv WHERE id = {key}"));
            assert_eq!(shown, value.to_string(), "seed {seed}, key {key}");
        }
        assert_eq!(run.world().checksum(NodeId(0)), run.world().checksum(NodeId(1)), "seed {seed}");
    }
}

/// The last value logged for each key, where no later write of it was left without a verdict.
fn last_acknowledged(run: &replication_lab::sim::Run<Tape>) -> Vec<(i64, i64)> {
    let mut last = std::collections::BTreeMap::new();
    let mut by_txn = std::collections::BTreeMap::new();
    for event in &run.observer().events {
        match &event.what {
            What::Logged { txn, keys, .. } => {
                if let Some((key, value)) = keys.kv {
                    by_txn.insert(*txn, key);
                    last.insert(key, (value, *txn));
                }
            }
            What::Finished { txn, verdict: Verdict::Indeterminate { .. }, .. } => {
                if let Some(key) = by_txn.get(txn) {
                    last.remove(key);
                }
            }
            _ => {}
        }
    }
    last.into_iter().map(|(key, (value, _))| (key, value)).collect()
}

#[test]
fn a_paused_primary_comes_back_believing_what_it_believed() {
    let mut run = start(setup(2));
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Pause { node: name("db1") });
    run.run_until(ms(4_000));
    assert_eq!(run.world().view().nodes[0].life, Life::Paused);
    let before = run.world().view().nodes[0].insert_lsn;
    do_now(&mut run, Command::Resume { node: name("db1") });
    run.run_until(ms(8_000));
    assert!(run.world().view().nodes[0].insert_lsn > before);
    assert_eq!(run.world().view().nodes[0].timeline.0, 1);
}
