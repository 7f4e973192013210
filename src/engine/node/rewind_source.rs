//! The source's side of a rewind: it says what its control file says, and sends what is asked for as it sends a backup.

use std::sync::Arc;

use super::rewind_plan::{RewindRequest, changed};
use super::{Checkpoint, Node};
use crate::engine::ids::ConnId;
use crate::engine::io::Outbox;
use crate::engine::log::segment_name;
use crate::engine::message::Message;
use crate::engine::trace::Life;

impl Node {
    /// `pg_rewind` reads the control file, which a checkpoint writes: until the first one after a promotion it has the old
    /// timeline (PostgreSQL up to 15).
    pub(super) fn rewind_asked(&mut self, conn: ConnId, out: &mut Outbox) {
        if self.life != Life::Running {
            let error = "connection to server failed: FATAL:  the database system is starting up";
            self.refuse_backup(conn, error, out);
            return;
        }
        let history = &self.core.checkpoint.history;
        let (timeline, end) = (history.timeline(), self.core.log.end());
        out.send(conn, Message::RewindIdentified { timeline, history: history.switches(), end });
    }

    /// The target says what it needs: the rows are taken now, and sent when the log up to here is durable.
    pub(super) fn rewind_fetch(&mut self, conn: ConnId, request: &Arc<RewindRequest>, out: &mut Outbox) {
        match self.image_now() {
            Some(checkpoint) => {
                self.add_rewind(conn, request.clone(), checkpoint, out);
                self.core.flush_log(out);
                self.begin_rewinds(out);
            }
            None => self.refuse_backup(conn, "could not open file \"base\": out of memory", out),
        }
    }

    /// The bytes of what the target needs as of a checkpoint's image.
    ///
    /// # Errors
    /// In the server's words.
    pub(super) fn rewind_parts(&self, request: &RewindRequest, checkpoint: &Checkpoint) -> Result<Arc<[u8]>, String> {
        if request.from < self.core.log.start() {
            // The real tool says "Done!", and the server that it leaves behind asks for this log, in vain and for ever.
            let timeline = self.core.history.at(request.from);
            let name = segment_name(timeline, request.from, self.core.settings.wal_segment_size_bytes);
            return Err(format!(
                "could not receive data from WAL stream: ERROR:  requested WAL segment {name} has already been removed"
            ));
        }
        let mut copy = self.core.data.clone();
        copy.restore(&checkpoint.image).map_err(|error| error.0)?;
        let (_, own) = changed(&self.core.log, request.from);
        let ddl: Vec<Arc<str>> = request.ddl.iter().cloned().chain(own).collect();
        let parts = copy.parts(&request.rows, &ddl, &request.objects).map_err(|error| error.0)?;
        Ok(parts.encode().into())
    }
}
