//! Statements that act on a server's slots and checkpoints, and not on its tables: they work on a standby, too.

use super::Node;
use crate::engine::flavor::Flavor;
use crate::engine::io::Outbox;
use crate::engine::message::QueryResult;
use crate::engine::sql::{self, SlotCall};
use crate::engine::storage::{SqlError, Value};

impl Node {
    /// Runs `CHECKPOINT`, `SELECT pg_create_physical_replication_slot(…)` or `SELECT pg_drop_replication_slot(…)`;
    /// `None` for any other statement. A slot stays when the transaction around it is rolled back, as the real ones do.
    ///
    /// `CHECKPOINT` is answered when the checkpoint begins; it is complete once the log up to there is flushed.
    pub(super) fn maintenance(
        &mut self,
        text: &str,
        tag: &'static str,
        out: &mut Outbox,
    ) -> Option<Result<QueryResult, SqlError>> {
        if self.core.flavor != Flavor::Postgresql {
            return None;
        }
        if tag == "CHECKPOINT" {
            self.checkpoint(out);
            return Some(Ok(QueryResult { tag, ..QueryResult::default() }));
        }
        let call = match sql::slot_call(text)? {
            Ok(call) => call,
            Err(error) => return Some(Err(error)),
        };
        let (name, columns, whole) = match call {
            SlotCall::Create { name: Some(name), reserve, columns } => {
                let lsn = match self.create_slot(&name, reserve, out) {
                    Ok(lsn) => lsn.map(|lsn| lsn.to_string()),
                    Err(error) => return Some(Err(error)),
                };
                let row = match columns {
                    true => vec![name.as_str().into(), lsn.as_deref().map_or(Value::Null, Into::into)],
                    false => vec![format!("({name},{})", lsn.unwrap_or_default()).as_str().into()],
                };
                ("pg_create_physical_replication_slot", columns, row)
            }
            SlotCall::Drop { name: Some(name) } => match self.drop_slot(&name, out) {
                Ok(()) => ("pg_drop_replication_slot", false, vec!["".into()]),
                Err(error) => return Some(Err(error)),
            },
            SlotCall::Create { name: None, .. } => ("pg_create_physical_replication_slot", false, vec!["".into()]),
            SlotCall::Drop { name: None } => ("pg_drop_replication_slot", false, vec!["".into()]),
        };
        let columns = match columns {
            true => vec!["slot_name".to_owned(), "lsn".to_owned()],
            false => vec![name.to_owned()],
        };
        Some(Ok(QueryResult { columns, rows: vec![whole], tag, ..QueryResult::default() }))
    }
}
