//! What a report is expected to say: `path comparison literal`.
//!
//! ```text
//! writes.lost > 0
//! nodes[name=db2].rows == 20
//! failovers[0].to == "db2"
//! violations[kind=lost_write].count >= 1
//! nodes[name=db2].checksum == nodes[name=db1].checksum
//! ```
//!
//! A path goes by keys and dots; into a list by position from 0, or by what an element says: `[key=value]`, of which
//! there may be several; the first match is meant unless a position follows. `.count` is the length of a list, or the
//! number of matches. A literal is a number, text between quotes of either kind (a single word needs none), `true`,
//! `false` or `null`; on the right a second path will do as well. Numbers have an order, and so have LSNs.

use serde_json::Value;

use super::that_parser::Parser;
use super::that_value::{Found, find};
use crate::engine::log::Lsn;
use crate::engine::node::BinlogPosition;

/// What a report is expected to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct That {
    text: String,
    pub(super) left: Vec<Step>,
    pub(super) comparison: Comparison,
    pub(super) right: Operand,
}

/// One step of a path into a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// `.key`
    Key(String),
    /// `[0]`
    Index(usize),
    /// `[key=value]`
    Where(String, String),
}

/// How the two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The right side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Literal(Value),
    Path(Vec<Step>),
}

/// Why an expectation cannot be judged: it names something that no report has. Unusable input, not a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable(pub String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// What an expectation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whether the report says what was expected.
    pub held: bool,
    /// What it says; `null` for an element that is not there.
    pub actual: Value,
}

impl That {
    /// Reads an expectation.
    ///
    /// # Errors
    /// What is wrong with the text, and what it should look like.
    pub fn parse(text: &str) -> Result<That, String> {
        let (left, comparison, right) = Parser::new(text).that()?;
        Ok(That { text: text.to_owned(), left, comparison, right })
    }

    /// The text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Holds the expectation against a report. `names` are those of all nodes that the scenario knows.
    ///
    /// An element that is not there (the first failover, when there was none) makes every comparison fail but the one
    /// with `null`.
    ///
    /// # Errors
    /// When a path leads nowhere that any report could lead, or what it leads to has no order.
    pub fn judge(&self, report: &Value, names: &[&str]) -> Result<Judgement, Unusable> {
        let left = find(report, &self.left, names)?;
        let right = match &self.right {
            Operand::Literal(value) => Found::Value(value.clone()),
            Operand::Path(path) => find(report, path, names)?,
        };
        let held = self.compare(&left, &right)?;
        let actual = match left {
            Found::Value(value) => value,
            Found::Absent => Value::Null,
        };
        Ok(Judgement { held, actual })
    }

    fn compare(&self, left: &Found, right: &Found) -> Result<bool, Unusable> {
        let (left, right) = match (left, right) {
            (Found::Value(left), Found::Value(right)) => (left, right),
            (Found::Absent, Found::Value(Value::Null)) | (Found::Value(Value::Null), Found::Absent) => {
                return Ok(self.comparison == Comparison::Equal);
            }
            _ => return Ok(false),
        };
        let equal = match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        };
        let ordered = match self.comparison {
            Comparison::Equal => return Ok(equal),
            Comparison::NotEqual => return Ok(!equal),
            _ => order(left, right)?,
        };
        Ok(ordered.is_some_and(|order| match self.comparison {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            _ => order.is_ge(),
        }))
    }
}

/// Which of two values is greater; `None` where one of them is `null`, which is neither.
fn order(left: &Value, right: &Value) -> Result<Option<std::cmp::Ordering>, Unusable> {
    if left.is_null() || right.is_null() {
        return Ok(None);
    }
    if let (Some(left), Some(right)) = (left.as_f64(), right.as_f64()) {
        return Ok(left.partial_cmp(&right));
    }
    let lsn = |value: &Value| value.as_str().and_then(|text| text.parse::<Lsn>().ok());
    let binlog = |value: &Value| value.as_str().and_then(|text| text.parse::<BinlogPosition>().ok());
    match ((lsn(left), lsn(right)), (binlog(left), binlog(right))) {
        ((Some(left), Some(right)), _) => Ok(Some(left.cmp(&right))),
        (_, (Some(left), Some(right))) => Ok(Some(left.cmp(&right))),
        _ => Err(Unusable(format!("{left} and {right} have no order; only numbers and LSNs have. Use == or !="))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Value {
        json!({
            "writes": {"lost": 2, "latency_ms": {"p50": 120.5, "max": null}},
            "reads": {"by_node": {"db2": 7}},
            "failovers": [],
            "violations": [{"kind": "lost_write", "at_ms": 5.0}, {"kind": "lost_write", "at_ms": 7.0}],
            "nodes": [{"name": "db1", "rows": 3, "flush_lsn": "0/10000000"}, {"name": "db2", "rows": 3, "flush_lsn": "0/9000000"}],
        })
    }

    fn judge(text: &str) -> Result<(bool, Value), String> {
        let judgement = That::parse(text)?.judge(&report(), &["db1", "db2", "db3"]).map_err(|error| error.0)?;
        Ok((judgement.held, judgement.actual))
    }

    #[test]
    fn holds_or_not() {
        for (text, held, actual) in [
            ("writes.lost > 0", true, json!(2)),
            ("writes.lost==2.0", true, json!(2)),
            ("writes.lost != 2", false, json!(2)),
            ("nodes[name=db2].rows >= 3", true, json!(3)),
            ("nodes[1].name == 'db2'", true, json!("db2")),
            ("nodes[1].name == db2", true, json!("db2")),
            ("nodes.count == 2", true, json!(2)),
            ("violations[kind=lost_write].count == 2", true, json!(2)),
            ("violations[kind=\"split_brain\"].count == 0", true, json!(0)),
            ("violations[kind=lost_write].at_ms == 5", true, json!(5.0)),
            ("violations[kind=lost_write][1].at_ms == 7", true, json!(7.0)),
            ("failovers[0].to == \"db2\"", false, Value::Null),
            ("failovers[0].to != \"db2\"", false, Value::Null),
            ("failovers[0].to == null", true, Value::Null),
            ("nodes[name=db3].rows > 0", false, Value::Null),
            ("nodes[name=db3].count == 0", true, json!(0)),
            ("writes.latency_ms.max <= 5", false, Value::Null),
            ("reads.by_node.db2 == 7", true, json!(7)),
            ("reads.by_node.db3 == 0", true, json!(0)),
            ("nodes[name=db1].flush_lsn > nodes[name=db2].flush_lsn", true, json!("0/10000000")),
            ("nodes[name=db1].rows == nodes[name=db2].rows", true, json!(3)),
        ] {
            assert_eq!(judge(text), Ok((held, actual)), "{text}");
        }
    }

    #[test]
    fn unusable_and_what_to_do() {
        for (text, message) in [
            ("writes.lots > 0", "writes has no key \"lots\"; did you mean \"lost\"?"),
            ("write.lost > 0", "the report has no key \"write\"; did you mean \"writes\"?"),
            ("nodes[name=db9].rows > 0", "no node is called \"db9\"; did you mean \"db1\"?"),
            ("nodes.rows > 0", "nodes is a list; pick an element, as nodes[0] or nodes[name=db2], or ask nodes.count"),
            ("failovers[0].too == 1", "failovers[0] has no key \"too\"; did you mean \"to\"?"),
            (
                "violations[kind=lost_writes].count == 0",
                "no violation is of the kind \"lost_writes\"; did you mean \"lost_write\"?",
            ),
            ("violations[kin=lost_write].count == 0", "violations has no key \"kin\"; did you mean \"kind\"?"),
            ("writes.lost.x == 0", "writes.lost is 2, and has no part \"x\""),
            ("writes[0] == 0", "writes is no list; its keys are lost, latency_ms"),
            ("nodes[0].name > \"a\"", "\"db1\" and \"a\" have no order; only numbers and LSNs have. Use == or !="),
            ("writes.lost = 0", "after the path a comparison must follow: == != < <= > >= (not a single =)"),
            ("writes.lost", "after the path a comparison must follow: == != < <= > >="),
            ("writes.lost > ", "after the comparison a literal must follow: a number, \"text\", true, false or null"),
            ("writes.lost > 0 0", "unexpected \"0\" at the end"),
            ("", "an expectation begins with a path into the report, as writes.lost"),
            ("nodes[name=db1 == 3", "the bracket of nodes is not closed"),
        ] {
            assert_eq!(judge(text), Err(message.to_owned()), "{text}");
        }
    }
}
