//! One table as every server has it, side by side, with the differences to the primary's.

use crate::order::{Arrange, OrderedMap};
use crate::t;

/// A value as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value {
    /// The text.
    pub text: String,
    /// Its kind, which decides how it is set.
    pub kind: ValueKind,
}

/// The kinds of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueKind {
    /// NULL.
    Null,
    /// A number.
    Number,
    /// Anything else.
    Text,
}

/// One server's copy of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The server.
    pub server: String,
    /// Columns and rows, or why they cannot be had.
    pub content: Result<(Vec<String>, Vec<Vec<Value>>), String>,
}

/// How a server's row stands to the reference's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As there.
    Same,
    /// Present in both, with another content.
    Differs,
    /// There, but not here.
    Missing,
    /// Here, but not there.
    Extra,
    /// Neither here nor there.
    Absent,
    /// The server could not be asked.
    Unknown,
}

/// A row's part on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How it stands.
    pub standing: Standing,
    /// Its values without the key; empty where there is no row.
    pub values: Vec<Value>,
}

/// One row across the servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The first column's value.
    pub key: Value,
    /// Tells rows with equal first columns apart.
    pub nth: usize,
    /// Its part on each server, in their order.
    pub parts: Vec<Part>,
}

/// The table side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The first column's name.
    pub key: String,
    /// The other columns' names.
    pub columns: Vec<String>,
    /// The rows, by key.
    pub rows: Vec<Row>,
    /// Per server: how it differs, in words; empty when it does not.
    pub remarks: Vec<String>,
}

/// Puts copies side by side; `reference` is the place of the one that the others are held against.
#[must_use]
pub fn compare(copies: &[Copy], reference: Option<usize>) -> Comparison {
    let widest = reference
        .and_then(|i| copies.get(i)?.content.as_ref().ok())
        .or_else(|| copies.iter().find_map(|c| c.content.as_ref().ok()));
    let (key, columns) = match widest.and_then(|(columns, _)| columns.split_first()) {
        Some((key, rest)) => (key.clone(), rest.to_vec()),
        None => (String::new(), Vec::new()),
    };
    let keyed: Vec<Option<OrderedMap<RowKey, &[Value]>>> =
        copies.iter().map(|copy| Some(by_key(&copy.content.as_ref().ok()?.1))).collect();
    let mut keys: Vec<&RowKey> = keyed.iter().flatten().flat_map(OrderedMap::keys).collect();
    keys.arrange();
    keys.dedup();
    let rows: Vec<Row> = keys
        .into_iter()
        .map(|row_key| {
            let there = reference.and_then(|i| keyed.get(i)?.as_ref()).map(|rows| rows.get(row_key).copied());
            let parts = keyed
                .iter()
                .map(|rows| match rows {
                    None => Part { standing: Standing::Unknown, values: Vec::new() },
                    Some(rows) => part(rows.get(row_key).copied(), there),
                })
                .collect();
            Row { key: row_key.value.clone(), nth: row_key.nth, parts }
        })
        .collect();
    let remarks = copies.iter().enumerate().map(|(i, copy)| remark(copy, i, &rows)).collect();
    Comparison { key, columns, rows, remarks }
}

fn part(here: Option<&[Value]>, there: Option<Option<&[Value]>>) -> Part {
    let standing = match (here, there) {
        (Some(_), None) => Standing::Same,
        (None, None) | (None, Some(None)) => Standing::Absent,
        (None, Some(Some(_))) => Standing::Missing,
        (Some(_), Some(None)) => Standing::Extra,
        (Some(a), Some(Some(b))) if a == b => Standing::Same,
        (Some(_), Some(Some(_))) => Standing::Differs,
    };
    Part { standing, values: here.map(|row| row.get(1..).unwrap_or_default().to_vec()).unwrap_or_default() }
}

/// Rows sort by number where keys are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RowKey {
    value: Value,
    nth: usize,
}

impl Ord for RowKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let number = |v: &Value| (v.kind == ValueKind::Number).then(|| v.text.parse::<f64>().ok()).flatten();
        let by_value = match (number(&self.value), number(&other.value)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => std::cmp::Ordering::Equal,
        };
        by_value.then_with(|| self.value.cmp(&other.value)).then(self.nth.cmp(&other.nth))
    }
}

impl PartialOrd for RowKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn by_key(rows: &[Vec<Value>]) -> OrderedMap<RowKey, &[Value]> {
    let mut seen: OrderedMap<&Value, usize> = OrderedMap::new();
    let mut map = OrderedMap::new();
    for row in rows {
        let Some(first) = row.first() else { continue };
        let nth = seen.entry(first).or_default();
        map.insert(RowKey { value: first.clone(), nth: *nth }, row.as_slice());
        *nth += 1;
    }
    map
}

fn remark(copy: &Copy, index: usize, rows: &[Row]) -> String {
    if let Err(why) = &copy.content {
        return format!("{}: {why}", copy.server);
    }
    let of = |standing| rows.iter().filter(|r| r.parts[index].standing == standing).count() as u64;
    let (lacks, differs, own) = (of(Standing::Missing), of(Standing::Differs), of(Standing::Extra));
    let mut parts = Vec::new();
    if lacks > 0 {
        parts.push(t!("compare.lacks", n = lacks));
    }
    if differs > 0 {
        parts.push(t!("compare.differs", n = differs));
    }
    if own > 0 {
        parts.push(t!("compare.own", n = own));
    }
    match parts.is_empty() {
        true => String::new(),
        false => t!("compare.remark", server = copy.server, parts = super::words::list(&parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: i64) -> Value {
        Value { text: n.to_string(), kind: ValueKind::Number }
    }

    fn copy(server: &str, rows: &[(i64, i64)]) -> Copy {
        let rows = rows.iter().map(|(k, v)| vec![number(*k), number(*v)]).collect();
        Copy { server: server.into(), content: Ok((vec!["id".into(), "value".into()], rows)) }
    }

    #[test]
    fn every_difference_is_found_and_said() {
        let copies = [
            copy("db1", &[(1, 100), (2, 40), (10, 7)]),
            copy("db2", &[(1, 100), (2, 41), (11, 9)]),
            Copy { server: "db3".into(), content: Err("is down".into()) },
        ];
        let table = compare(&copies, Some(0));
        assert_eq!((table.key.as_str(), table.columns.as_slice()), ("id", &["value".to_owned()][..]));
        let keys: Vec<&str> = table.rows.iter().map(|r| r.key.text.as_str()).collect();
        assert_eq!(keys, ["1", "2", "10", "11"]);
        let standings: Vec<Standing> = table.rows.iter().map(|r| r.parts[1].standing).collect();
        assert_eq!(standings, [Standing::Same, Standing::Differs, Standing::Missing, Standing::Extra]);
        assert!(table.rows.iter().all(|r| r.parts[2].standing == Standing::Unknown));
        assert_eq!(table.remarks[0], "");
        assert_eq!(table.remarks[1], "db2 lacks 1 row, differs in 1 row and has of its own 1 row");
        assert_eq!(table.remarks[2], "db3: is down");
    }

    #[test]
    fn without_a_reference_nothing_differs() {
        let table = compare(&[copy("db1", &[(1, 1)]), copy("db2", &[(2, 2)])], None);
        assert!(table.remarks.iter().all(String::is_empty));
        assert_eq!(compare(&[], None).rows, []);
    }

    #[test]
    fn equal_keys_stay_apart() {
        let table = compare(&[copy("db1", &[(1, 1), (1, 2)]), copy("db2", &[(1, 1)])], Some(0));
        assert_eq!(table.rows.len(), 2);
        assert_eq!(table.rows[1].parts[1].standing, Standing::Missing);
    }
}
