//! The glossary: the field's words, with both systems' names side by side.

use crate::order::Arrange;
use crate::ui::text;

/// The terms, by the names that addresses have for them (`#glossary=lsn`).
pub const GLOSSARY: [&str; 52] = [
    "acknowledgement",
    "applier",
    "base-backup",
    "binary-log",
    "candidate",
    "cascading",
    "causal-read",
    "checkpoint",
    "client",
    "commit-level",
    "delayed-replica",
    "divergence",
    "errant-transaction",
    "failover",
    "failover-manager",
    "fencing",
    "flush",
    "gtid",
    "gtid-set",
    "hot-standby",
    "indeterminate",
    "lag",
    "lease",
    "linearizability",
    "lost-write",
    "lsn",
    "monotonic-reads",
    "monotonic-writes",
    "position",
    "primary",
    "promotion",
    "proxy",
    "quorum",
    "read-your-writes",
    "recovery",
    "relay-log",
    "replica",
    "replication-slot",
    "rewind",
    "rpo",
    "rto",
    "semi-synchronous",
    "session",
    "split-brain",
    "stale-read",
    "switchover",
    "synchronous-standby",
    "timeline",
    "wal",
    "wal-receiver",
    "wal-sender",
    "writes-follow-reads",
];

/// One term in the page's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlossaryEntry {
    /// Its name in addresses.
    pub id: &'static str,
    /// The term.
    pub term: &'static str,
    /// What PostgreSQL's documentation calls it.
    pub postgresql: &'static str,
    /// What MySQL's does.
    pub mysql: &'static str,
    /// What it is.
    pub text: &'static str,
}

/// A term; none of an unknown name.
#[must_use]
pub fn entry(id: &str) -> Option<GlossaryEntry> {
    let id = GLOSSARY.iter().copied().find(|known| *known == id)?;
    let mut parts = text::find(&format!("glossary.term.{id}"))?.split(" | ");
    Some(GlossaryEntry {
        id,
        term: parts.next()?,
        postgresql: parts.next()?,
        mysql: parts.next()?,
        text: parts.next()?,
    })
}

/// The terms in which a text occurs, in the order of the page's language; all for an empty one. Those whose names have it
/// come first.
#[must_use]
pub fn matching(wanted: &str) -> Vec<GlossaryEntry> {
    let wanted = wanted.trim().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let mut found: Vec<(bool, String, GlossaryEntry)> = GLOSSARY
        .iter()
        .filter_map(|id| entry(id))
        .filter(|one| [one.id, one.term, one.postgresql, one.mysql, one.text].into_iter().any(has))
        .map(|one| (!(has(one.term) || has(one.id)), one.term.to_lowercase(), one))
        .collect();
    found.arrange_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found.into_iter().map(|(.., one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_names_of_both_systems_and_puts_terms_first() {
        let ids = |text| matching(text).iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(matching("").len(), GLOSSARY.len());
        assert_eq!(ids("LAG").first(), Some(&"lag"));
        assert!(ids("Seconds_Behind_Source").contains(&"lag"));
        assert!(ids("synchronous_commit").contains(&"commit-level"));
        assert_eq!(ids("no such thing"), Vec::<&str>::new());
    }
}
