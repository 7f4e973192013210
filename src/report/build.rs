//! From a run to its report.

use super::diverged::Diverged;
use super::numbers::{at_ms, ms};
use super::report::{
    Failover, LatencyMs, Node, Reads, Replication, Report, SemiSync, Slot, Violation, Writes, WritesOfClient,
};
use crate::check::{Judges, Kind, Latencies, Names, Reason, Tally};
use crate::engine::ids::{ClientId, NodeId};
use crate::engine::log::Lsn;
use crate::engine::trace::Life;
use crate::sim::World;
use crate::sim::view::NodeView;

/// What a report is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The scenario's title.
    pub scenario: &'a str,
    /// The world as it is now.
    pub world: &'a World,
    /// The judges that watched it.
    pub judges: &'a Judges,
    /// How many events there were.
    pub events: u64,
    /// The hash of all of them.
    pub trace_hash: u64,
}

impl Report {
    /// The report of a run as it stands, without expectations.
    ///
    /// Whether servers diverge is found by comparing them: call [`Judges::compare`] with
    /// [`crate::check::settled`] before.
    #[must_use]
    pub fn of(subject: Subject<'_>) -> Report {
        let Subject { scenario, world, judges, events, trace_hash } = subject;
        let view = world.view();
        let violations = judges.violations();
        Report {
            scenario: scenario.to_owned(),
            flavor: view.flavor,
            seed: world.setup().seed,
            virtual_ms: at_ms(view.now),
            events,
            trace_hash: format!("{trace_hash:016x}"),
            writes: writes(judges, world),
            reads: reads(judges, world),
            failovers: judges.primaries().failovers().map(|f| failover(f, world)).collect(),
            violations: violations.iter().map(|v| violation(v, world)).collect(),
            nodes: view.nodes.iter().map(|n| node(n, world, judges)).collect(),
            replication: view.nodes.iter().flat_map(|upstream| replication(upstream, world)).collect(),
            semi_sync: world.semi_sync(world.primary()).map(|status| SemiSync {
                status: if status.on { "ON" } else { "OFF" },
                clients: u64::from(status.clients),
                yes_tx: status.yes_tx,
                no_tx: status.no_tx,
            }),
            expectations: Vec::new(),
            slots: view.nodes.iter().flat_map(slots).collect(),
            violations_by_kind: Kind::ALL.iter().map(|kind| (*kind, violations.count(*kind))).collect(),
            violations_not_listed: violations.not_kept(),
            ledger: None,
        }
    }
}

fn writes(judges: &Judges, names: &dyn Names) -> Writes {
    let ledger = judges.ledger();
    let Tally { acknowledged, failed, pending, indeterminate } = ledger.total();
    let clients = (0..=u8::MAX).map(ClientId).map(|client| (client, ledger.of_client(client)));
    let by_client = clients.filter(|(_, tally)| tally.attempted() > 0).map(|(client, tally)| {
        let Tally { acknowledged, failed, pending, indeterminate } = tally;
        let attempted = tally.attempted();
        (names.client(client), WritesOfClient { attempted, acknowledged, failed, pending, indeterminate })
    });
    Writes {
        attempted: ledger.total().attempted(),
        acknowledged,
        failed,
        pending,
        indeterminate,
        lost: ledger.lost(),
        survived: ledger.survived(),
        latency_ms: latency(judges.write_latencies()),
        indeterminate_took_effect: ledger.took_effect(),
        errant: ledger.errant(),
        lost_is_exact: ledger.is_exact(),
        by_client: by_client.collect(),
    }
}

fn reads(judges: &Judges, world: &World) -> Reads {
    let reads = judges.reads();
    // Servers that were removed are listed where they had answered.
    let nodes = (0..=u8::MAX).map(NodeId).map(|node| (node, reads.by_node(node)));
    let listed = nodes.filter(|(node, count)| *count > 0 || world.nodes().any(|present| present == *node));
    Reads {
        total: reads.total,
        failed: reads.failed,
        stale: reads.stale,
        staleness_ms: latency(&reads.staleness),
        latency_ms: latency(&reads.latency),
        by_node: listed.map(|(node, count)| (world.node(node), count)).collect(),
    }
}

fn latency(of: &Latencies) -> LatencyMs {
    let percentile = |percent| of.percentile_us(percent).map(ms);
    LatencyMs {
        p50: percentile(50),
        p95: percentile(95),
        p99: percentile(99),
        max: of.max_us().map(ms),
        exact: of.is_exact(),
    }
}

fn failover(of: &crate::check::Failover, names: &dyn Names) -> Failover {
    Failover {
        at_ms: at_ms(of.at),
        from: of.from.map(|node| names.node(node)),
        to: names.node(of.to),
        timeline: of.timeline,
        detected_ms: at_ms(of.detected),
        promoted_ms: at_ms(of.promoted),
        writable_ms: at_ms(of.writable),
        rto_ms: ms(of.recovery_time_us()),
        lost_writes: of.lost_writes,
        reason: match &of.reason {
            Reason::Command(text) => text.to_string(),
            Reason::LeaseExpired => {
                let from = of.from.map_or_else(|| "the leader".to_owned(), |node| names.node(node));
                format!("automatic: the lease of {from} expired")
            }
            Reason::LeaseReleased => {
                let from = of.from.map_or_else(|| "the leader".to_owned(), |node| names.node(node));
                format!("automatic: {from} gave its lease back")
            }
            Reason::LeaseHeld => format!("automatic: {} still had the lease", names.node(of.to)),
            Reason::Function => "pg_promote()".to_owned(),
        },
        first_acknowledged_ms: of.first_acknowledged.map(at_ms),
    }
}

fn violation(of: &crate::check::Violation, names: &dyn Names) -> Violation {
    Violation {
        kind: of.kind(),
        at_ms: at_ms(of.at),
        session: of.session.map(|session| names.session(session)),
        detail: of.detail(names),
        events: of.events.as_slice().to_vec(),
    }
}

fn node(of: &NodeView, world: &World, judges: &Judges) -> Node {
    let diverged = world.diverged(of.id);
    Node {
        name: of.name.to_string(),
        role: of.role,
        state: match of.life {
            Life::Running => "running",
            Life::Recovering => "recovering",
            Life::Copying => "copying",
            Life::Rewinding => "rewinding",
            Life::Paused => "paused",
            Life::Stopped => "stopped",
            Life::Down => "down",
        },
        timeline: of.timeline,
        write_lsn: world.log_position(of.id, of.positions.write),
        flush_lsn: world.log_position(of.id, of.positions.flush),
        apply_lsn: world.log_position(of.id, of.positions.apply),
        gtid_executed: of.mysql.as_ref().map(|mysql| mysql.gtid_executed.to_string()),
        rows: of.rows,
        checksum: world.checksum(of.id).map_or_else(String::new, |(_, checksum)| format!("{checksum:016x}")),
        error: of.error.as_deref().map(str::to_owned),
        log_start: world.log_position(of.id, of.log_start),
        log_files: of.log_files,
        redo_lsn: world.log_position(of.id, of.redo_lsn),
        copied_bytes: of.copying.map(|copy| copy.bytes),
        errant_gtids: of
            .mysql
            .as_ref()
            .map(|_| diverged.as_ref().map_or_else(String::new, |divergence| divergence.gtids.to_string())),
        diverged: diverged.map(|divergence| Diverged::of(&divergence, judges)),
    }
}

fn slots(of: &NodeView) -> impl Iterator<Item = Slot> + '_ {
    of.slots.iter().map(|slot| Slot {
        slot_name: slot.slot_name.to_string(),
        node: of.name.to_string(),
        slot_type: "physical",
        temporary: slot.temporary,
        active: slot.active_pid.is_some(),
        active_pid: slot.active_pid,
        restart_lsn: slot.restart_lsn,
        wal_status: slot.wal_status.map(crate::engine::node::WalStatus::as_str),
        safe_wal_size: slot.safe_wal_size,
    })
}

fn replication(upstream: &NodeView, world: &World) -> Vec<Replication> {
    let at = |lsn| world.log_position(upstream.id, lsn);
    let told = |lsn| (upstream.mysql.is_none() || lsn > Lsn::ZERO).then(|| at(lsn));
    let rows = upstream.senders.iter().map(|sender| Replication {
        application_name: sender.application_name.to_string(),
        upstream: upstream.name.to_string(),
        state: sender.state.to_owned(),
        sync_priority: sender.sync_priority,
        sync_state: sender.sync_state,
        sent_lsn: at(sender.sent),
        write_lsn: told(sender.positions.write),
        flush_lsn: told(sender.positions.flush),
        replay_lsn: told(sender.positions.apply),
        write_lag: sender.lag_us[0].map(ms),
        flush_lag: sender.lag_us[1].map(ms),
        replay_lag: sender.lag_us[2].map(ms),
    });
    rows.collect()
}
