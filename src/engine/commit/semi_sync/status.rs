//! The status variables of a semi-synchronous source.

/// What `SHOW STATUS LIKE 'Rpl_semi_sync_source%'` shows. Times are in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SemiSyncStatus {
    /// Semi-synchronous replicas that are connected.
    pub clients: u32,
    /// How often an event asked a replica for an acknowledgement.
    pub net_waits: u64,
    /// How often the source fell back to asynchronous replication.
    pub no_times: u64,
    /// Commits that no replica acknowledged in time.
    pub no_tx: u64,
    /// Whether replication is semi-synchronous now.
    pub on: bool,
    /// How long sessions waited in all.
    pub tx_wait_time_us: u64,
    /// How often a session waited, and was not the one that timed out.
    pub tx_waits: u64,
    /// How often a session began to wait for an earlier position than others.
    pub wait_pos_backtraverse: u64,
    /// Sessions that wait now.
    pub wait_sessions: u64,
    /// Commits that replicas acknowledged.
    pub yes_tx: u64,
}

impl SemiSyncStatus {
    /// How long a session waited on average (`ReplSemiSyncMaster::setExportStats`).
    #[must_use]
    pub fn tx_avg_wait_time_us(&self) -> u64 {
        self.tx_wait_time_us.checked_div(self.tx_waits).unwrap_or(0)
    }

    /// The variables with their values, in the order of `SHOW STATUS`.
    ///
    /// MySQL has measured no network wait since 5.7, and a virtual clock does not fail: these are always 0.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 14] {
        let zero = || "0".to_owned();
        [
            ("Rpl_semi_sync_source_clients", self.clients.to_string()),
            ("Rpl_semi_sync_source_net_avg_wait_time", zero()),
            ("Rpl_semi_sync_source_net_wait_time", zero()),
            ("Rpl_semi_sync_source_net_waits", self.net_waits.to_string()),
            ("Rpl_semi_sync_source_no_times", self.no_times.to_string()),
            ("Rpl_semi_sync_source_no_tx", self.no_tx.to_string()),
            ("Rpl_semi_sync_source_status", if self.on { "ON" } else { "OFF" }.to_owned()),
            ("Rpl_semi_sync_source_timefunc_failures", zero()),
            ("Rpl_semi_sync_source_tx_avg_wait_time", self.tx_avg_wait_time_us().to_string()),
            ("Rpl_semi_sync_source_tx_wait_time", self.tx_wait_time_us.to_string()),
            ("Rpl_semi_sync_source_tx_waits", self.tx_waits.to_string()),
            ("Rpl_semi_sync_source_wait_pos_backtraverse", self.wait_pos_backtraverse.to_string()),
            ("Rpl_semi_sync_source_wait_sessions", self.wait_sessions.to_string()),
            ("Rpl_semi_sync_source_yes_tx", self.yes_tx.to_string()),
        ]
    }
}
