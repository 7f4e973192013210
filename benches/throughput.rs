//! Acknowledged synchronous writes per second of wall time, and virtual time per wall time: one line a figure.

use std::time::Instant;

use replication_lab::check::Judges;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{TraceEvent, Verdict, What};
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, NodeSetup, ProxySetup, Setup, Tags,
};
use replication_lab::sim::{Observer, Run, World};

#[derive(Clone, Default)]
struct Acknowledged(u64);

impl Observer for Acknowledged {
    fn observe(&mut self, event: &TraceEvent, _: &World) {
        if let What::Finished { writes: true, verdict: Verdict::Acknowledged { .. }, .. } = &event.what {
            self.0 += 1;
        }
    }
}

fn setup(writes_per_second: u32, synchronous: bool, proxy: bool) -> Setup {
    let node = |n| NodeSetup {
        name: format!("db{n}").into(),
        upstream: None,
        disk: DiskSetup::default(),
        cpu: None,
        settings: Vec::new(),
        tags: Tags::default(),
    };
    Setup {
        flavor: Flavor::Postgresql,
        seed: 1,
        schema: String::new(),
        settings: if synchronous { vec![("synchronous_standby_names".into(), "*".into())] } else { Vec::new() },
        nodes: (1..=3).map(node).collect(),
        network: LinkShape { latency_us: Some(200), jitter_us: Some(50), bandwidth: Some(0), loss_ppm: Some(0) },
        links: Vec::new(),
        failover: FailoverSetup::default(),
        proxy: proxy.then(ProxySetup::default),
        clients: vec![ClientSetup {
            name: "app".into(),
            connect: None,
            causal_reads: CausalReads::None,
            writes_per_second,
            reads_per_second: 0,
            keys: 1_000,
            settings: Vec::new(),
            ..ClientSetup::default()
        }],
    }
}

/// MySQL, with semi-synchronous replication.
fn mysql(writes_per_second: u32) -> Setup {
    let on = |name: &str| (name.into(), "ON".into());
    Setup {
        flavor: Flavor::Mysql,
        settings: vec![on("rpl_semi_sync_source_enabled"), on("rpl_semi_sync_replica_enabled")],
        ..setup(writes_per_second, false, false)
    }
}

fn measure(label: &str, setup: &Setup, seconds: u64) {
    measure_with(label, setup, seconds, &());
}

/// The same with somebody who watches, the judges, say.
fn measure_with<O: Observer + Clone>(label: &str, setup: &Setup, seconds: u64, observer: &O) {
    let mut figures: Vec<(u64, u64)> = Vec::new();
    for _ in 0..5 {
        let Ok(mut run) = Run::new(setup.clone(), Vec::new(), (Acknowledged::default(), observer.clone())) else {
            println!("{label}: the set-up is refused");
            return;
        };
        let begin = Instant::now();
        run.run_until(SimTime(seconds * 1_000_000));
        let wall_us = begin.elapsed().as_micros().max(1) as u64;
        figures.push((run.observer().0.0 * 1_000_000 / wall_us, seconds * 1_000_000 / wall_us));
    }
    figures.sort_unstable();
    let (writes, ratio) = figures[figures.len() / 2];
    println!("{label}: {writes} acknowledged writes per second of wall time, {ratio} times real time (median of 5)");
}

/// How many messages are on their way, on average, in the scene that the page's frames are measured with.
fn in_flight() {
    let Ok(scenario) = Scenario::parse(include_str!("nine-servers.toml"), Format::Toml, "nine-servers") else {
        println!("the scene of nine servers is refused");
        return;
    };
    let Ok(mut run) = Run::new(scenario.setup, scenario.schedule, ()) else { return };
    let looks: Vec<usize> = (100..1_100)
        .map(|look| {
            run.run_until(SimTime(look * 10_000));
            run.world().packets().count()
        })
        .collect();
    println!("messages in flight with nine servers: {} on average", looks.iter().sum::<usize>() / looks.len());
}

fn main() {
    in_flight();
    let judges = Judges::new(Flavor::Postgresql);
    measure_with("judged, synchronous, 2 replicas, 10000 writes/s", &setup(10_000, true, false), 5, &judges);
    measure("synchronous, 2 replicas, 10000 writes/s", &setup(10_000, true, false), 5);
    measure("asynchronous, 2 replicas, 10000 writes/s", &setup(10_000, false, false), 5);
    measure("MySQL, semi-synchronous, 2 replicas, 10000 writes/s", &mysql(10_000), 5);
    measure("asynchronous, 2 replicas, 100 writes/s, proxy", &setup(100, false, true), 60);
}
