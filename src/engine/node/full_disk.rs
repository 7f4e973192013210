//! MySQL on a full disk: the server waits for room, and tries again once a minute (MySQL 8.4 Reference Manual, B.3.3.4,
//! "How MySQL Handles a Full Disk"; `mysys/my_write.cc`, `MY_WAIT_IF_FULL`).

use std::sync::Arc;

use super::Node;
use crate::engine::io::{Outbox, Timer};
use crate::engine::time::SECOND_US;
use crate::engine::trace::{Life, What};

/// Between two attempts, in seconds (`MY_WAIT_FOR_USER_TO_FIX_PANIC`).
const RETRY_S: u64 = 60;
/// How the message begins.
const DISK_IS_FULL: &str = "Disk is full writing";

impl Node {
    /// The binary log does not fit on the disk.
    pub(super) fn wait_for_room(&mut self, out: &mut Outbox) {
        if self.life == Life::Recovering {
            // ER_BINLOG_CANT_OPEN_FOR_LOGGING's words, with `binlog_error_action = ABORT_SERVER`.
            let why = "Either disk is full, file system is read only or there was an encryption error while opening the \
                       binlog. Aborting the server.";
            self.exit(why, out);
            return;
        }
        let end = self.core.log.end();
        let file = self.core.binlog.as_ref().map_or(1, |binlog| binlog.position(end).file);
        // EE_DISK_FULL.
        let why: Arc<str> = format!(
            "{DISK_IS_FULL} './{}' (OS errno 28 - No space left on device). Waiting for someone to free space... Retry in \
             {RETRY_S} secs. Message reprinted in 600 secs.",
            super::binlog::file_name(file)
        )
        .into();
        if self.core.error.as_ref() != Some(&why) {
            out.trace(What::DiskFull { node: self.core.id, why: why.clone() });
            self.core.error = Some(why);
        }
        out.set_timer(Timer::DiskRetry, out.now.plus(RETRY_S * SECOND_US));
    }

    /// Something was written: there is room.
    pub(super) fn disk_has_room(&mut self) {
        self.core.error.take_if(|error| error.starts_with(DISK_IS_FULL));
    }
}
