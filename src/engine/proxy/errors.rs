//! What proxies and drivers say when a server cannot be had.

use crate::engine::flavor::Flavor;
use crate::engine::storage::SqlError;

/// The error for a statement that was sent and whose server went away: it may have happened.
#[must_use]
pub fn lost_connection(flavor: Flavor) -> SqlError {
    SqlError::flavored(
        flavor,
        ("08006", "server closed the connection unexpectedly".to_owned()),
        (2013, "HY000", "Lost connection to MySQL server during query".to_owned()),
    )
}

/// The error for the next statement of a transaction whose server went away while nothing was under way: neither it nor
/// what came before happened.
#[must_use]
pub fn lost_transaction(flavor: Flavor) -> SqlError {
    SqlError::flavored(
        flavor,
        ("08003", "the server of the session's transaction is gone, and the transaction with it".to_owned()),
        (2006, "HY000", "MySQL server has gone away".to_owned()),
    )
}

/// The error for a statement that could not be sent: it did not happen.
#[must_use]
pub fn no_server(flavor: Flavor) -> SqlError {
    SqlError::flavored(
        flavor,
        ("08001", "could not connect to server: no server takes this statement".to_owned()),
        (2003, "HY000", "Can't connect to MySQL server: no server takes this statement".to_owned()),
    )
}

/// The error for a statement that found no free connection in time: it did not happen. The words are those of PgBouncer
/// and of ProxySQL.
#[must_use]
pub fn no_connection(flavor: Flavor, waited_us: u64) -> SqlError {
    let waited_ms = waited_us / 1_000;
    SqlError::flavored(
        flavor,
        ("08P01", "query_wait_timeout".to_owned()),
        (9001, "HY000", format!("Max connect timeout reached while reaching hostgroup after {waited_ms}ms")),
    )
}

/// The error for a message that no server can take whole: it was not sent, and an open transaction stays open.
#[must_use]
pub fn not_for_any(flavor: Flavor, reason: &str) -> SqlError {
    let message = format!("the message was not sent to any server: it {reason}");
    SqlError::flavored(flavor, ("0A000", message.clone()), (1235, "42000", message))
}

/// The error for a statement before which the session's state could not be set on a server: it was not sent.
#[must_use]
pub fn state_not_set(flavor: Flavor, error: &SqlError) -> SqlError {
    let message =
        format!("the session's state could not be set on the server that is the primary now: {}", error.message);
    SqlError::flavored(flavor, ("08001", message.clone()), (2003, "HY000", message))
}

/// Whether an error leaves open whether the statement happened.
#[must_use]
pub fn is_indeterminate(error: &SqlError) -> bool {
    error.code == "08006" || error.number == 2013
}
