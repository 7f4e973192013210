//! Anything that operators and clients of a MySQL cluster can do, from a seed: no server panics, and each that runs says
//! what it is when it is asked.

use rand_pcg::Pcg32;
use replication_lab::engine::chance::below;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::Life;
use replication_lab::sim::command::{Between, Command, Console};

use crate::cluster::*;

const SHOWS: &[&str] = &[
    "SHOW REPLICA STATUS",
    "SHOW BINARY LOGS",
    "SHOW BINARY LOG STATUS",
    "SHOW REPLICAS",
    "SHOW STATUS LIKE 'Rpl_semi_sync%'",
    "SHOW VARIABLES",
    "SELECT @@gtid_executed, @@gtid_purged, @@super_read_only",
];

const STATEMENTS: &[&str] = &[
    "BEGIN",
    "START TRANSACTION READ ONLY",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT a",
    "ROLLBACK TO a",
    "INSERT INTO accounts VALUES (1, 1)",
    "INSERT INTO accounts VALUES (2, 2); INSERT INTO accounts VALUES (3, 3)",
    "UPDATE accounts SET balance = balance + RAND()",
    "DELETE FROM accounts",
    "TRUNCATE TABLE accounts",
    "CREATE TABLE more (id INTEGER PRIMARY KEY)",
    "DROP TABLE more",
    "SET GLOBAL super_read_only = OFF",
    "SET GLOBAL super_read_only = ON",
    "SET GLOBAL rpl_semi_sync_source_enabled = ON",
    "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
    "SET GLOBAL rpl_semi_sync_source_wait_point = AFTER_COMMIT",
    "SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 2",
    "SET GLOBAL sync_binlog = 0",
    "SET GLOBAL replica_parallel_workers = 0",
    "SET SESSION binlog_format = STATEMENT",
    "SET innodb_lock_wait_timeout = 1",
    "SET gtid_next = '01010101-0101-0101-0101-010101010101:9'",
    "SET gtid_next = AUTOMATIC",
    "FLUSH BINARY LOGS",
    "PURGE BINARY LOGS BEFORE NOW()",
    "PURGE BINARY LOGS TO 'binlog.000002'",
    "STOP REPLICA",
    "START REPLICA",
    "STOP REPLICA SQL_THREAD",
    "RESET REPLICA",
    "RESET REPLICA ALL",
    "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'db2', SOURCE_DELAY = 1",
];

fn some_command(random: &mut Pcg32) -> Command {
    let mut some = || -> std::sync::Arc<str> { format!("db{}", 1 + below(4, random)).into() };
    let (node, upstream) = (some(), some());
    match below(30, random) {
        0 => Command::Isolate { who: node },
        1 | 2 => Command::Heal { between: None },
        3 => Command::Crash { node },
        4 => Command::Kill { node },
        5..=7 => Command::Restart { node },
        8 => Command::Promote { node },
        9 => Command::Switchover { node },
        10 => Command::Repoint { node, upstream },
        11 => Command::Reclone { node },
        12 => Command::BaseBackup { node },
        13 => Command::FullDisk { node, full: below(3, random) == 0 },
        14 => Command::SlowDisk { node, fsync_us: 1 + below(50_000, random) },
        15 => Command::Disconnect { between: Between(node, upstream) },
        16 => Command::Cancel { client: name("app") },
        at => {
            let console = if at < 24 { Console::Client(name("app")) } else { Console::On(node) };
            let index = below(STATEMENTS.len() as u64, random) as usize;
            Command::Sql { console, sql: STATEMENTS[index].into() }
        }
    }
}

#[test]
fn whatever_is_done_to_them_mysql_servers_answer() {
    let mut asked = 0;
    for seed in 0..30 {
        let mut random = Pcg32::new(seed, 5);
        let mut setup = setup(4);
        (setup.seed, setup.flavor) = (seed, Flavor::Mysql);
        let settings = [("rpl_semi_sync_replica_enabled", "ON"), ("rpl_semi_sync_source_timeout", "500")];
        let mut run = start(with(setup, &settings));
        for _ in 0..60 {
            run.run_until(run.now().plus(below(400_000, &mut random)));
            // A command that makes no sense now is refused.
            let _ = run.act(some_command(&mut random));
            let node = NodeId(below(4, &mut random) as u8);
            let view = run.world().view();
            if view.nodes.iter().any(|n| n.id == node && n.life == Life::Running) {
                let show = SHOWS[below(SHOWS.len() as u64, &mut random) as usize];
                let answer = run.world_mut().query(node, show);
                assert!(answer.is_ok(), "seed {seed}: {show}: {answer:?}");
                asked += 1;
            }
        }
        let trouble = run.observer().lines.iter().find(|l| l.contains(" panicked ") && !l.contains("disk is full"));
        assert_eq!(trouble, None, "seed {seed}");
    }
    assert!(asked > 800, "hardly a server ran: {asked}");
}
