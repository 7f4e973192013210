//! The manager's steps as lines of the trace.

use std::fmt;

use super::trace_text::Line;
use crate::engine::failover::ManagerEvent;
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::trace::TraceEvent;

impl Line<'_> {
    pub(super) fn manager(&mut self, event: &TraceEvent, step: &ManagerEvent) -> fmt::Result {
        match step {
            ManagerEvent::StoreChanged { life } => {
                self.head(event, "store")?;
                self.pair("state", format!("{life:?}").to_lowercase())
            }
            ManagerEvent::LeaseRenewed { node, until } => {
                self.of(event, "lease_renewed", *node)?;
                self.pair("until", until)
            }
            ManagerEvent::StoreSilent { node, attempt, leader } => {
                self.of(event, "store_silent", *node)?;
                self.pair("attempt", attempt)?;
                self.pair("leader", leader)
            }
            ManagerEvent::LeaseExpired { node } => self.of(event, "lease_expired", *node),
            ManagerEvent::LeaseReleased { node } => self.of(event, "lease_released", *node),
            ManagerEvent::LeaseAcquired { node, until } => {
                self.of(event, "lease_acquired", *node)?;
                self.pair("until", until)
            }
            ManagerEvent::LeaseRefused { node, holder } => {
                self.of(event, "lease_refused", *node)?;
                self.pair("holder", self.node(*holder))
            }
            ManagerEvent::ElectionBegan { by, position, timeline } => {
                self.of(event, "election_began", *by)?;
                self.position(*position)?;
                self.pair("timeline", timeline)
            }
            ManagerEvent::Compared { by, node, position, timeline } => {
                self.by(event, "compared", *by, *node)?;
                match (position, timeline) {
                    (Some(position), Some(timeline)) => {
                        self.position(*position)?;
                        self.pair("timeline", timeline)
                    }
                    _ => self.pair("answer", "none"),
                }
            }
            ManagerEvent::RuledOut { by, node, why } => {
                self.by(event, "ruled_out", *by, *node)?;
                self.quoted("why", why)
            }
            ManagerEvent::Healthiest { node } => self.of(event, "healthiest", *node),
            ManagerEvent::Demoting { node, why } => {
                self.of(event, "demoting", *node)?;
                self.quoted("why", why)
            }
            ManagerEvent::Failsafe { node } => self.of(event, "failsafe", *node),
            ManagerEvent::NotFenced { node, why } => {
                self.of(event, "not_fenced", *node)?;
                self.quoted("why", why)
            }
            ManagerEvent::Fenced { node, by } => {
                self.of(event, "fenced", *node)?;
                let by = by.map_or_else(|| "watchdog".into(), |by| self.node(by));
                self.pair("by", by)
            }
            ManagerEvent::HandOverAsked { from, to } => {
                self.of(event, "hand_over_asked", *to)?;
                let from = from.map_or_else(|| "anybody".into(), |from| self.node(from));
                self.pair("from", from)
            }
            ManagerEvent::HandOverRefused { to, why } => {
                self.of(event, "hand_over_refused", *to)?;
                self.quoted("why", why)
            }
            ManagerEvent::SyncKey { leader, standbys, quorum } => {
                self.of(event, "sync_key", *leader)?;
                let names: Vec<String> = standbys.iter().map(|node| self.node(*node).to_string()).collect();
                self.pair("standbys", if names.is_empty() { "none".to_owned() } else { names.join(",") })?;
                self.pair("quorum", quorum)
            }
            ManagerEvent::Starting { node, primary } => {
                self.of(event, "starting", *node)?;
                self.pair("primary", primary)
            }
        }
    }

    /// A place in the log; in MySQL a number of transactions.
    fn position(&mut self, position: u64) -> fmt::Result {
        match self.world.setup().flavor {
            Flavor::Postgresql => self.pair("position", Lsn(position)),
            Flavor::Mysql => self.pair("transactions", position),
        }
    }

    fn of(&mut self, event: &TraceEvent, name: &str, node: NodeId) -> fmt::Result {
        self.head(event, name)?;
        self.pair("node", self.node(node))
    }

    fn by(&mut self, event: &TraceEvent, name: &str, by: NodeId, node: NodeId) -> fmt::Result {
        self.of(event, name, node)?;
        self.pair("by", self.node(by))
    }
}
