//! Disks and links that fail, and what the servers make of it.

use replication_lab::engine::ids::NodeId;
use replication_lab::engine::trace::{Life, What};
use replication_lab::sim::Run;
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::setup::LinkShape;

use crate::cluster::*;

fn lines<'a>(run: &'a Run<Tape>, with: &'a str) -> impl Iterator<Item = &'a String> {
    run.observer().lines.iter().filter(move |line| line.contains(with))
}

#[test]
fn a_full_disk_stops_the_primary_and_room_lets_it_come_back() {
    let mut run = start(setup(2));
    run.run_until(ms(1_000));
    do_now(&mut run, Command::FullDisk { node: name("db1"), full: true });
    run.run_until(ms(2_000));
    let view = run.world().view();
    assert_eq!(view.nodes[0].life, Life::Stopped);
    assert!(view.nodes[0].error.as_ref().is_some_and(|e| e.contains("No space left on device")));
    do_now(&mut run, Command::FullDisk { node: name("db1"), full: false });
    do_now(&mut run, Command::Restart { node: name("db1") });
    run.run_until(ms(12_000));
    assert_eq!(run.world().view().nodes[0].life, Life::Running);
    do_now(&mut run, Command::Workload { client: name("app"), writes_per_second: 0, reads_per_second: 0 });
    run.run_until(ms(20_000));
    assert_eq!(run.world().checksum(NodeId(0)), run.world().checksum(NodeId(1)));
}

#[test]
fn a_torn_record_is_found_by_its_checksum_and_cut_off() {
    let mut torn = 0;
    for seed in 0..40 {
        let mut setup = setup(1);
        setup.seed = seed;
        setup.clients[0].writes_per_second = 400;
        setup.nodes[0].disk.fsync_us = 20_000;
        let mut run = start(setup);
        run.run_until(ms(1_000));
        do_now(&mut run, Command::Crash { node: name("db1") });
        do_now(&mut run, Command::Restart { node: name("db1") });
        run.run_until(ms(2_000));
        assert_eq!(run.world().view().nodes[0].life, Life::Running, "seed {seed}");
        torn += count(&run, |w| matches!(w, What::TornRecord { .. }));
    }
    assert!(torn > 5, "{torn} torn records in 40 crashes during a flush");
}

#[test]
fn a_one_way_cut_lets_the_other_way_through() {
    let mut run = start(setup(2));
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Partition { between: Between(name("db2"), name("db1")), one_way: true });
    run.run_until(ms(2_000));
    let view = run.world().view();
    assert!(view.nodes[1].lag_bytes < 1_000, "log goes on arriving: {}", view.nodes[1].lag_bytes);
    let sender = &view.nodes[0].senders[0];
    assert!(sender.sent.bytes_since(sender.positions.flush) > 1_000, "acknowledgements do not: {sender:?}");
}

#[test]
fn a_narrow_link_builds_up_a_backlog() {
    let mut run = start(setup(2));
    run.run_until(ms(1_000));
    let shape = LinkShape { bandwidth: Some(1_000), ..LinkShape::default() };
    do_now(&mut run, Command::Link { between: Between(name("db1"), name("db2")), shape });
    let mut lags = Vec::new();
    for second in 2..6 {
        run.run_until(ms(second * 1_000));
        lags.push(run.world().view().nodes[1].lag_bytes);
    }
    assert!(lags.is_sorted() && lags[3] > lags[0] + 2_000, "{lags:?}");
}

#[test]
fn a_lossy_link_is_slower_and_keeps_its_order() {
    let mut setup = setup(2);
    setup.links = vec![replication_lab::sim::setup::LinkSetup {
        between: (name("db1"), name("db2")),
        shape: LinkShape { loss_ppm: Some(200_000), ..LinkShape::default() },
    }];
    let mut run = start(setup);
    run.run_until(ms(6_000));
    do_now(&mut run, Command::Workload { client: name("app"), writes_per_second: 0, reads_per_second: 0 });
    run.run_until(ms(12_000));
    assert_eq!(run.world().checksum(NodeId(0)), run.world().checksum(NodeId(1)));
    let late = run.observer().events.iter().filter(|event| match event.what {
        What::Sent { arrives_at, .. } => arrives_at.since(event.at) > 200_000,
        _ => false,
    });
    assert!(late.count() > 10);
}

#[test]
fn a_disconnected_standby_comes_back_after_its_retry_interval() {
    let mut run = start(with(setup(2), &[("wal_retrieve_retry_interval", "700ms")]));
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Disconnect { between: Between(name("db1"), name("db2")) });
    assert!(!run.world().view().nodes[1].streaming);
    run.run_until(ms(1_600));
    assert!(!run.world().view().nodes[1].streaming);
    run.run_until(ms(2_000));
    assert!(run.world().view().nodes[1].streaming);
}

#[test]
fn a_killed_server_is_noticed_at_once_and_a_crashed_one_only_by_silence() {
    let noticed = |command: Command| {
        let mut run = start(setup(3));
        run.run_until(ms(2_300));
        do_now(&mut run, command);
        run.run_until(ms(8_000));
        let line = lines(&run, "pool_changed by=proxy node=db1 up=false").next().cloned();
        line.and_then(|line| line.split_once(' ').and_then(|(at, _)| at.parse::<f64>().ok()))
    };
    let killed = noticed(Command::Kill { node: name("db1") }).expect("it is noticed");
    let crashed = noticed(Command::Crash { node: name("db1") }).expect("it is noticed");
    assert!(killed < 2.32, "{killed}");
    assert!((2.5..4.5).contains(&crashed), "{crashed}");
}

#[test]
fn without_repointing_the_others_keep_trying_the_dead_primary() {
    let mut setup = setup(3);
    setup.failover.repoint = false;
    let mut run = start(setup);
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(15_000));
    let db3 = &run.world().view().nodes[2];
    assert_eq!(db3.upstream, Some(NodeId(0)));
    assert!(!db3.streaming);
    assert!(lines(&run, "Refused").filter(|line| line.contains("at=db3 peer=db1")).count() >= 2);
}

#[test]
fn a_cascading_replica_follows_through_a_promotion_above_it() {
    let mut setup = setup(4);
    setup.nodes[3].upstream = Some(name("db2"));
    let mut run = start(setup);
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(8_000));
    let view = run.world().view();
    assert_eq!(view.nodes[3].timeline.0, 2);
    assert!(view.nodes[3].streaming && view.nodes[2].streaming);
    assert_eq!(view.nodes[2].upstream, Some(NodeId(1)));
}

#[test]
fn a_former_primary_past_the_fork_is_refused_in_the_servers_words() {
    let mut run = start(setup(3));
    run.run_until(ms(1_000));
    do_now(&mut run, Command::Isolate { who: name("db1") });
    do_now(&mut run, Command::Heal { between: Some(Between(name("db1"), name("proxy"))) });
    run.run_until(ms(1_500));
    do_now(&mut run, Command::Kill { node: name("db1") });
    do_now(&mut run, Command::Promote { node: name("db2") });
    run.run_until(ms(3_000));
    do_now(&mut run, Command::Heal { between: None });
    do_now(&mut run, Command::Restart { node: name("db1") });
    run.run_until(ms(4_000));
    do_now(&mut run, Command::Repoint { node: name("db1"), upstream: name("db2") });
    run.run_until(ms(5_000));
    let error = run.world().view().nodes[0].error.clone();
    assert!(error.as_ref().is_some_and(|e| e.contains("forked off current database system timeline 1")), "{error:?}");
}
