//! What is kept of one run of the swarm: a line of JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::probe::{Breach, Probe};
use super::promise::Promise;
use crate::engine::flavor::Flavor;
use crate::scenario::Scenario;
use crate::sim::REVISION;
use crate::sim::setup::{CausalReads, SynchronousMode};

/// One run. Lines of any seeds, from any machines, are put together by putting the files together.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The seed.
    pub seed: u64,
    /// The engine's revision: the same seed is the same run only of the same revision.
    pub revision: u32,
    /// The configuration in short.
    pub configuration: String,
    /// What was promised.
    pub promised: Vec<Promise>,
    /// How long the run was, with the mending, in milliseconds of virtual time.
    pub virtual_ms: u64,
    /// How many things happened.
    pub events: u64,
    /// Writes that were acknowledged.
    pub acknowledged: u64,
    /// Of these, lost.
    pub lost: u64,
    /// How often the primary changed.
    pub failovers: u64,
    /// What was done, by the name of the command, without what was refused.
    pub faults: BTreeMap<String, u64>,
    /// What was refused, altogether.
    pub refused: u64,
    /// What was promised and not kept.
    pub violations: Vec<Breach>,
    /// Whether the cluster came together when everything was mended.
    pub liveness: bool,
    /// The hash of all that happened, in hexadecimal.
    pub trace_hash: String,
}

impl Line {
    /// What is kept of a run.
    #[must_use]
    pub fn of(seed: u64, scenario: &Scenario, probe: &Probe) -> Line {
        let done = probe.deeds.iter().map(|(name, (done, refused))| (name.clone(), done.saturating_sub(*refused)));
        Line {
            seed,
            revision: REVISION,
            configuration: configuration(scenario),
            promised: probe.promised.clone(),
            virtual_ms: probe.virtual_us / 1_000,
            events: probe.events,
            acknowledged: probe.acknowledged,
            lost: probe.lost,
            failovers: probe.failovers,
            faults: done.filter(|(_, count)| *count > 0).collect(),
            refused: probe.deeds.values().map(|(_, refused)| refused).sum(),
            violations: probe.breaches.clone(),
            liveness: !probe.breaches.iter().any(|breach| breach.promise == Promise::Together),
            trace_hash: format!("{:016x}", probe.trace_hash),
        }
    }
}

/// A configuration in short, as `postgresql 4+cascade on "ANY 1 (db2, db3)" automatic quorum strict proxy sticky`.
fn configuration(scenario: &Scenario) -> String {
    let setup = &scenario.setup;
    let failover = &setup.failover;
    let setting = |name: &str| {
        let own = setup.settings.iter().find(|(key, _)| &**key == name);
        own.map_or_else(String::new, |(_, value)| value.to_string())
    };
    let mut words = vec![setup.flavor.to_string(), setup.nodes.len().to_string()];
    if setup.nodes.iter().any(|node| node.upstream.is_some()) {
        words.push("cascade".to_owned());
    }
    match setup.flavor {
        Flavor::Postgresql => {
            words.push(setting("synchronous_commit"));
            words.push(format!("{:?}", setting("synchronous_standby_names")));
        }
        Flavor::Mysql => {
            words.push(setting("binlog_format"));
            words.push(format!("sync_binlog={}", setting("sync_binlog")));
            words.push(format!("semi-sync {}", setting("rpl_semi_sync_source_enabled")));
        }
    }
    words.push(if failover.automatic { "automatic" } else { "manual" }.to_owned());
    match failover.synchronous_mode {
        SynchronousMode::Off => {}
        SynchronousMode::On => words.push("synchronous".to_owned()),
        SynchronousMode::Quorum => words.push("quorum".to_owned()),
    }
    for (on, word) in [
        (failover.synchronous_mode_strict, "strict"),
        (failover.automatic && !failover.fencing, "unfenced"),
        (failover.failsafe_mode, "failsafe"),
    ] {
        words.extend(on.then(|| word.to_owned()));
    }
    if let Some(proxy) = &setup.proxy {
        let causal = match proxy.causal_reads {
            CausalReads::None => "none",
            CausalReads::PrimaryAfterWrite { .. } => "window",
            CausalReads::Sticky => "sticky",
            CausalReads::WaitForLsn { .. } => "wait",
        };
        words.push(format!("proxy {causal}"));
    }
    words.push(format!("{} clients", setup.clients.len()));
    words.join(" ")
}
