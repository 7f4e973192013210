//! A broken promise in a sentence, in the reader's language; the report has its own, which is English.

use super::figures::decimals;
use crate::check::{Finding, Names, Violation};
use crate::engine::time::SimTime;
use crate::t;

/// One plain sentence about what was found.
#[must_use]
pub fn found(violation: &Violation, names: &dyn Names) -> String {
    let who = || violation.session.map_or_else(|| t!("found.a-session").to_owned(), |session| names.session(session));
    match violation.finding {
        Finding::LostWrite { txn, kv, acknowledged, primary, timeline } => {
            let (write, at, node) = (names.txn(txn), seconds(acknowledged), names.node(primary));
            match kv {
                None => t!("found.lost-write", write = write, at = at, node = node, timeline = timeline),
                Some((key, value)) => t!(
                    "found.lost-write-kv",
                    write = write,
                    key = key,
                    value = value,
                    at = at,
                    node = node,
                    timeline = timeline
                ),
            }
        }
        Finding::StaleRead { read, missed, age_us } => t!(
            "found.stale-read",
            key = read.key,
            node = names.node(read.node),
            returned = returned(read.value),
            missed = missed,
            age = format!("{} ms", decimals((age_us / 100) as f64 / 10.0, 1))
        ),
        Finding::ReadYourWrites { read, wrote, acknowledged } => t!(
            "found.read-your-writes",
            who = who(),
            key = read.key,
            node = names.node(read.node),
            returned = returned(read.value),
            wrote = wrote,
            at = seconds(acknowledged)
        ),
        Finding::MonotonicReads { read, before, read_at } => t!(
            "found.monotonic-reads",
            who = who(),
            key = read.key,
            node = names.node(read.node),
            returned = returned(read.value),
            before = before,
            at = seconds(read_at)
        ),
        Finding::MonotonicWrites { txn, earlier, acknowledged } => {
            t!("found.monotonic-writes", write = names.txn(txn), earlier = earlier.number, at = seconds(acknowledged))
        }
        Finding::WritesFollowReads { txn, key, value, read_at } => {
            t!("found.writes-follow-reads", write = names.txn(txn), key = key, value = value, at = seconds(read_at))
        }
        Finding::Linearizability { key, returned } => t!("found.linearizability", key = key, at = seconds(returned)),
        Finding::SplitBrain { first, second } => t!(
            "found.split-brain",
            first = names.node(first.0),
            first_timeline = first.1,
            second = names.node(second.0),
            second_timeline = second.1
        ),
        Finding::Divergence { nodes, position, timeline } => t!(
            "found.divergence",
            first = names.node(nodes.0),
            second = names.node(nodes.1),
            at = position,
            timeline = timeline
        ),
    }
}

fn returned(value: Option<i64>) -> String {
    value.map_or_else(|| t!("found.no-row").to_owned(), |value| t!("found.returned", value = value))
}

/// `4.171 s`.
fn seconds(at: SimTime) -> String {
    format!("{} s", decimals((at.0 / 1_000) as f64 / 1_000.0, 3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Events, ReadSeen};
    use crate::engine::ids::{ClientId, NodeId, SessionId, TxnId};
    use crate::engine::log::{Lsn, Timeline};
    use crate::ui::text::{Language, speak, speak_english};

    struct Called;

    impl Names for Called {
        fn node(&self, node: NodeId) -> String {
            format!("db{}", node.0)
        }

        fn client(&self, client: ClientId) -> String {
            format!("app{}", client.0)
        }
    }

    fn all() -> Vec<Violation> {
        let (at, age_us, timeline) = (SimTime(4_171_999), 35_290, Timeline(2));
        let session = SessionId { client: ClientId(1), number: 3 };
        let (txn, earlier) = (TxnId { session, number: 17 }, TxnId { session, number: 16 });
        let (one, other) = (NodeId(1), NodeId(2));
        let read = ReadSeen { key: 7, value: Some(8), node: other };
        let nothing = ReadSeen { value: None, ..read };
        let found = [
            Finding::LostWrite { txn, kv: None, acknowledged: at, primary: one, timeline },
            Finding::LostWrite { txn, kv: Some((7, 8)), acknowledged: at, primary: one, timeline },
            Finding::StaleRead { read, missed: 9, age_us },
            Finding::StaleRead { read: nothing, missed: 9, age_us },
            Finding::ReadYourWrites { read, wrote: 9, acknowledged: at },
            Finding::MonotonicReads { read: nothing, before: 9, read_at: at },
            Finding::MonotonicWrites { txn, earlier, acknowledged: at },
            Finding::WritesFollowReads { txn, key: 7, value: 8, read_at: at },
            Finding::Linearizability { key: 7, returned: at },
            Finding::SplitBrain { first: (one, timeline), second: (other, timeline) },
            Finding::Divergence { nodes: (one, other), position: Lsn(0x0100_0000), timeline },
        ];
        let told = |finding| {
            [None, Some(session)].map(|session| Violation { at, session, finding, events: Events::default() })
        };
        found.into_iter().flat_map(told).collect()
    }

    #[test]
    fn the_page_says_what_the_report_says() {
        for violation in all() {
            assert_eq!(found(&violation, &Called), violation.detail(&Called));
        }
    }

    #[test]
    fn every_finding_can_be_told_in_german() {
        speak(Language::German, include_str!("../../../www/text/de.txt")).unwrap();
        for violation in all() {
            let said = found(&violation, &Called);
            assert!(!said.contains(['{', '}']), "{said}");
            assert!(!said.contains(" the ") && !said.contains(" of "), "{said}");
            assert!(!said.contains("4.171") && !said.contains("35.2"), "{said}");
        }
        speak_english();
    }
}
