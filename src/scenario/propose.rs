//! Expectations that a report suggests: what whoever writes a scenario would want it to say again.

use crate::order::Arrange;
use serde_json::Value;

/// An expectation that holds at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Path, comparison, literal.
    pub that: String,
    /// Whether it says what mostly matters.
    pub main: bool,
}

/// Expectations that hold in a report (its JSON), those that mostly matter first.
#[must_use]
pub fn propose(report: &Value) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    let mut put = |main: bool, that: String| proposals.push(Proposal { that, main });
    let count = |path: &str| report.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let list = |key: &str| report.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();

    put(true, format!("writes.lost == {}", count("/writes/lost")));
    let failovers = list("failovers");
    if let Some(first) = failovers.first() {
        put(true, format!("failovers.count == {}", failovers.len()));
        if let Some(to) = first.get("to").and_then(Value::as_str) {
            put(true, format!("failovers[0].to == {}", quoted(to)));
        }
        if let Some(most) = first.get("rto_ms").and_then(Value::as_f64).map(above) {
            put(false, format!("failovers[0].rto_ms < {most}"));
        }
    }
    let violations = list("violations");
    let mut kinds: Vec<&str> = violations.iter().filter_map(|one| one.get("kind")?.as_str()).collect();
    kinds.arrange();
    kinds.dedup();
    if kinds.is_empty() {
        put(true, "violations.count == 0".to_owned());
    }
    for kind in kinds {
        put(true, format!("violations[kind={kind}].count > 0"));
    }
    put(false, format!("writes.indeterminate == {}", count("/writes/indeterminate")));
    put(false, format!("writes.failed == {}", count("/writes/failed")));
    if let Some(most) = report.pointer("/writes/latency_ms/p99").and_then(Value::as_f64).map(above) {
        put(false, format!("writes.latency_ms.p99 < {most}"));
    }
    match count("/reads/stale") {
        _ if count("/reads/total") == 0 => {}
        0 => put(false, "reads.stale == 0".to_owned()),
        _ => put(false, "reads.stale > 0".to_owned()),
    }
    let nodes = list("nodes");
    let text = |node: &Value, key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    // Names with anything else in them need quotes that a path has, too; those are left to whoever writes by hand.
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if let Some(primary) = nodes.iter().find(|node| text(node, "role") == "primary" && plain(&text(node, "name"))) {
        let name = text(primary, "name");
        put(false, format!("nodes[name={name}].role == \"primary\""));
        for other in nodes.iter().filter(|node| plain(&text(node, "name")) && text(node, "name") != name) {
            let (a, b) = (text(primary, "checksum"), text(other, "checksum"));
            let comparison = if a == b { "==" } else { "!=" };
            if !a.is_empty() && !b.is_empty() {
                put(
                    false,
                    format!("nodes[name={}].checksum {comparison} nodes[name={name}].checksum", text(other, "name")),
                );
            }
        }
    }
    proposals.arrange_by_key(|proposal| !proposal.main);
    proposals
}

/// A round number that is safely above a measured one.
fn above(value: f64) -> u64 {
    let wanted = value.max(0.0) * 1.2 + 1.0;
    let mut unit = 1.0;
    while wanted / unit >= 100.0 {
        unit *= 10.0;
    }
    ((wanted / unit).ceil() * unit) as u64
}

fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}
