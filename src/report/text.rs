//! The report for people.

use std::fmt;

use super::numbers::{duration, grouped, instant};
use super::report::{LatencyMs, Report};
use super::table::Table;
use crate::check::Kind;
use crate::sim::view::{Role, SyncState};

/// Violations of each kind that are told one by one; the JSON has the others.
const SHOWN: usize = 3;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.scenario)?;
        writeln!(
            f,
            "{} · seed {} · {} of virtual time · {} events · trace {}",
            self.flavor,
            self.seed,
            instant(self.virtual_ms),
            grouped(self.events),
            self.trace_hash
        )?;
        self.writes_to(f)?;
        self.reads_to(f)?;
        self.failovers_to(f)?;
        self.nodes_to(f)?;
        self.replication_to(f)?;
        self.violations_to(f)?;
        self.expectations_to(f)
    }
}

/// A name, a number, and what it is made of.
fn line(f: &mut fmt::Formatter<'_>, name: &str, number: u64, parts: &[String]) -> fmt::Result {
    let text = format!("  {name:<14}{:>9}   {}", grouped(number), parts.join(" · "));
    writeln!(f, "{}", text.trim_end())
}

fn latency(f: &mut fmt::Formatter<'_>, name: &str, of: &LatencyMs) -> fmt::Result {
    let (Some(p50), Some(p95), Some(p99), Some(max)) = (of.p50, of.p95, of.p99, of.max) else { return Ok(()) };
    let [p50, p95, p99, max] = [p50, p95, p99, max].map(duration);
    writeln!(f, "  {name:<14}p50 {p50} · p95 {p95} · p99 {p99} · max {max}")
}

impl Report {
    fn writes_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let w = &self.writes;
        writeln!(f, "\nWrites")?;
        line(f, "attempted", w.attempted, &[])?;
        let about = if w.lost_is_exact { "" } else { "about " };
        let errant = if w.errant > 0 { format!(" ({} errant)", grouped(w.errant)) } else { String::new() };
        let fates = [format!("{} survived", grouped(w.survived)), format!("{about}{} lost{errant}", grouped(w.lost))];
        line(f, "acknowledged", w.acknowledged, &fates)?;
        line(f, "failed", w.failed, &[])?;
        line(f, "pending", w.pending, &[])?;
        let effects = [format!("{} took effect", grouped(w.indeterminate_took_effect))];
        line(f, "indeterminate", w.indeterminate, if w.indeterminate > 0 { &effects } else { &[] })?;
        latency(f, "latency", &w.latency_ms)
    }

    fn reads_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r = &self.reads;
        writeln!(f, "\nReads")?;
        line(f, "total", r.total, &[format!("{} failed", grouped(r.failed)), format!("{} stale", grouped(r.stale))])?;
        latency(f, "staleness", &r.staleness_ms)?;
        latency(f, "latency", &r.latency_ms)?;
        if r.total == 0 {
            return Ok(());
        }
        let nodes: Vec<String> = r.by_node.iter().map(|(name, count)| format!("{name} {}", grouped(*count))).collect();
        writeln!(f, "  {:<14}{}", "answered by", nodes.join(" · "))
    }

    fn failovers_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failovers.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nFailovers")?;
        for o in &self.failovers {
            let from = o.from.as_deref().unwrap_or("nobody");
            writeln!(
                f,
                "  {}  {from} → {} on timeline {}: {} without a primary, {} lost ({})",
                instant(o.at_ms),
                o.to,
                o.timeline,
                duration(o.rto_ms),
                counted(o.lost_writes, "write"),
                o.reason
            )?;
            let first = o.first_acknowledged_ms.map_or_else(
                || "no write acknowledged since".to_owned(),
                |at| format!("first write acknowledged {}", instant(at)),
            );
            writeln!(
                f,
                "           detected {} · promoted {} · writable {} · {first}",
                instant(o.detected_ms),
                instant(o.promoted_ms),
                instant(o.writable_ms),
            )?;
        }
        Ok(())
    }

    fn nodes_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(&[
            "node",
            "role",
            "state",
            ">timeline",
            ">written",
            ">flushed",
            ">applied",
            ">rows",
            "checksum",
        ]);
        for n in &self.nodes {
            let role = match n.role {
                Role::Primary => "primary",
                Role::Replica => "replica",
            };
            table.row(vec![
                n.name.clone(),
                role.to_owned(),
                n.state.to_owned(),
                n.timeline.to_string(),
                n.write_lsn.clone(),
                n.flush_lsn.clone(),
                n.apply_lsn.clone(),
                grouped(n.rows),
                n.checksum.clone(),
            ]);
        }
        write!(f, "\nNodes\n{table}")?;
        for n in &self.nodes {
            if let Some(error) = &n.error {
                writeln!(f, "  {}: {error}", n.name)?;
            }
        }
        Ok(())
    }

    fn replication_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.replication.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&[
            "standby",
            "upstream",
            "state",
            "sync",
            ">sent",
            ">written",
            ">flushed",
            ">replayed",
            ">replay lag",
        ]);
        for r in &self.replication {
            let sync = match r.sync_state {
                SyncState::Async => "async",
                SyncState::Potential => "potential",
                SyncState::Sync => "sync",
                SyncState::Quorum => "quorum",
            };
            table.row(vec![
                r.application_name.clone(),
                r.upstream.clone(),
                r.state.clone(),
                sync.to_owned(),
                r.sent_lsn.clone(),
                r.write_lsn.clone().unwrap_or_else(|| "–".to_owned()),
                r.flush_lsn.clone().unwrap_or_else(|| "–".to_owned()),
                r.replay_lsn.clone().unwrap_or_else(|| "–".to_owned()),
                r.replay_lag.map_or_else(|| "–".to_owned(), duration),
            ]);
        }
        write!(f, "\nReplication\n{table}")
    }

    fn violations_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found: Vec<&(Kind, u64)> = self.violations_by_kind.iter().filter(|(_, count)| *count > 0).collect();
        writeln!(f, "\nViolations")?;
        if found.is_empty() {
            return writeln!(f, "  none");
        }
        for (kind, count) in found {
            writeln!(f, "  {kind:<22}{:>9}", grouped(*count))?;
            for v in self.violations.iter().filter(|v| v.kind == *kind).take(SHOWN) {
                let events: Vec<String> = v.events.iter().map(u64::to_string).collect();
                writeln!(f, "    {}  {} [{}]", instant(v.at_ms), v.detail, events.join(", "))?;
            }
            let more = count.saturating_sub(SHOWN as u64);
            if more > 0 {
                writeln!(f, "    … and {} more", grouped(more))?;
            }
        }
        Ok(())
    }

    fn expectations_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.expectations.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nExpectations")?;
        for e in &self.expectations {
            let verdict = match e.held {
                Some(true) => "held",
                Some(false) => "BROKEN",
                None => "not yet",
            };
            write!(f, "  {verdict:<8}{}  {}", instant(e.at_ms), e.that)?;
            match e.held {
                Some(false) => writeln!(f, "  (it is {})", e.actual)?,
                _ => writeln!(f)?,
            }
        }
        Ok(())
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}
