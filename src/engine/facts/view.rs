//! The system views of a server: their columns, and the rows that its facts give.

use super::{Facts, postgresql};
use crate::engine::flavor::Flavor;
use crate::engine::storage::Value;

/// What a column of a system view holds, where that is more than its value shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A number or a text.
    Plain,
    /// A log position, as text; it compares by its number.
    Lsn,
    /// 1 or 0, which a server prints as `t` or `f`.
    Boolean,
    /// An instant, as text.
    Timestamp,
    /// A span of time, as text.
    Interval,
}

/// One system view.
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in the server's order.
    pub columns: &'static [(&'static str, ColumnKind)],
    /// Its rows now.
    pub rows: fn(&Facts) -> Vec<Vec<Value>>,
}

/// The system views that servers of this flavor have here.
#[must_use]
pub fn views(flavor: Flavor) -> &'static [View] {
    match flavor {
        Flavor::Postgresql => postgresql::VIEWS,
        Flavor::Mysql => &[],
    }
}

impl View {
    /// The view of this name.
    #[must_use]
    pub fn find(flavor: Flavor, name: &str) -> Option<&'static View> {
        views(flavor).iter().find(|view| view.name.eq_ignore_ascii_case(name))
    }
}

/// A text, or NULL.
pub(super) fn text(text: impl AsRef<str>) -> Value {
    Value::Text(text.as_ref().into())
}

/// Something's text, or NULL for nothing.
pub(super) fn maybe<T: ToString>(value: Option<T>) -> Value {
    value.map_or(Value::Null, |value| text(value.to_string()))
}
