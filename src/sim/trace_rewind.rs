//! The lines of a rewind.

use std::fmt;

use super::trace_text::Line;
use crate::engine::trace::{TraceEvent, What};

impl Line<'_> {
    /// Events of a rewind.
    pub(super) fn rewind(&mut self, event: &TraceEvent) -> fmt::Result {
        match &event.what {
            What::RewindStarted { node, source, fork, timeline, checkpoint } => {
                self.head(event, "rewind_started")?;
                self.pair("node", self.node(*node))?;
                self.pair("source", self.node(*source))?;
                self.pair("fork", fork)?;
                self.pair("timeline", timeline)?;
                self.pair("checkpoint", checkpoint)
            }
            What::RewindDiscards { node, txn, start, end, what } => {
                self.head(event, "rewind_discards")?;
                self.pair("node", self.node(*node))?;
                if let Some(txn) = txn {
                    self.pair("txn", self.txn(*txn))?;
                }
                self.pair("log", format_args!("{start}..{end}"))?;
                self.quoted("what", what)
            }
            What::RewindListed { node, transactions, rows, ddl } => {
                self.head(event, "rewind_listed")?;
                self.pair("node", self.node(*node))?;
                self.pair("transactions", transactions)?;
                self.pair("rows", rows)?;
                self.pair("ddl", ddl)
            }
            What::RewindFetched { node, rows, replayed, rows_bytes, log_bytes } => {
                self.head(event, "rewind_fetched")?;
                self.pair("node", self.node(*node))?;
                self.pair("rows", rows)?;
                self.pair("replayed", replayed)?;
                self.pair("rows_bytes", rows_bytes)?;
                self.pair("log_bytes", log_bytes)
            }
            What::RewindFinished { node, source, at, end, bytes } => {
                self.head(event, "rewind_finished")?;
                self.pair("node", self.node(*node))?;
                self.pair("source", self.node(*source))?;
                self.pair("log", format_args!("{at}..{end}"))?;
                self.pair("bytes", bytes)
            }
            What::RewindNotRequired { node, source, fork, timeline } => {
                self.head(event, "rewind_not_required")?;
                self.pair("node", self.node(*node))?;
                self.pair("source", self.node(*source))?;
                self.pair("fork", fork)?;
                self.pair("timeline", timeline)
            }
            What::RewindFailed { node, source, why, useless } => {
                self.head(event, "rewind_failed")?;
                self.pair("node", self.node(*node))?;
                self.pair("source", self.node(*source))?;
                self.quoted("why", why)?;
                self.pair("useless", useless)
            }
            _ => Ok(()),
        }
    }
}
