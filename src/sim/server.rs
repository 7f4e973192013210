//! The machine under one server: its power, its disk, and what waits while it is frozen.

use std::collections::VecDeque;

use rand_pcg::Pcg32;

use crate::engine::chance;
use crate::engine::failover::Tags;
use crate::engine::ids::Addr;
use crate::engine::io::Input;
use crate::engine::log::Lsn;
use crate::engine::node::Node;

/// Handing log to the operating system takes this long, in microseconds.
pub const WRITE_US: u64 = 20;

/// One server on its machine.
#[derive(Clone, Debug)]
pub struct Server {
    /// The server.
    pub node: Node,
    /// How long an fsync takes now, in microseconds.
    pub fsync_us: u64,
    /// Room for log, in bytes.
    pub size_bytes: Option<u64>,
    /// The size of the disk when the log filled it; `None` since the server started with room again.
    pub filled_bytes: Option<u64>,
    /// Whether an operator filled the disk.
    pub full: bool,
    /// Counts the lives of the process: disk work of an earlier one is void.
    pub epoch: u32,
    /// What came while the machine was frozen; `Some` means that it is.
    pub frozen: Option<VecDeque<(Addr, Input)>>,
    /// The write under way.
    pub writing: Option<Lsn>,
    /// What the failover manager may do with it.
    pub tags: Tags,
    random: Pcg32,
}

impl Server {
    /// A server on a machine with this disk.
    #[must_use]
    pub fn new(node: Node, fsync_us: u64, size_bytes: Option<u64>, tags: Tags, random: Pcg32) -> Self {
        Server {
            node,
            fsync_us,
            size_bytes,
            filled_bytes: None,
            full: false,
            epoch: 0,
            frozen: None,
            writing: None,
            tags,
            random,
        }
    }

    /// Whether the log up to `to` fits. PostgreSQL's is made of whole files, and the first is there from the beginning.
    #[must_use]
    pub fn has_room(&self, to: Lsn) -> bool {
        let (files, bytes) = match &self.node.core.binlog {
            None => {
                let files = self.node.log_files_to(to);
                (files, self.bytes(files))
            }
            // Binary logs grow by what is written.
            Some(binlog) => (2, binlog.sizes(to).map(|(_, bytes)| bytes).sum()),
        };
        !self.full && (files <= 1 || self.size_bytes.is_none_or(|size| bytes <= size))
    }

    /// Whether a start can end in a checkpoint, which takes room beside the log. Log that did not fit has taken all that
    /// there was, up to the middle of a record.
    #[must_use]
    pub fn has_room_to_start(&self) -> bool {
        let grown = |filled: u64| self.size_bytes.is_none_or(|size| size > filled);
        !self.full && self.filled_bytes.is_none_or(grown)
    }

    fn bytes(&self, files: u64) -> u64 {
        files.saturating_mul(self.node.segments().size_bytes())
    }

    /// How much of the log survives the machine's death: all that was flushed, and of what was only written (or was
    /// being written) a random part, which may end inside a record.
    pub fn surviving_crash(&mut self) -> Lsn {
        let log = &self.node.core.log;
        let reached = self.writing.unwrap_or(log.written()).max(log.written());
        let at_risk = reached.bytes_since(log.flushed());
        Lsn(log.flushed().0 + chance::below(at_risk + 1, &mut self.random))
    }
}
