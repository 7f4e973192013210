//! Virtual time inside SQLite.
//!
//! SQLite asks the connection's VFS for the time. Ours is the default VFS with another clock, which reads what
//! the database set before the statement: so every function and keyword that means "now" (`'now'` in `date`,
//! `time`, `datetime`, `julianday`, `unixepoch`, `strftime`, `timediff`, and `CURRENT_TIMESTAMP` and its kin)
//! tells virtual time, on every target, to the millisecond. The `localtime` and `utc` modifiers would ask the
//! machine for its time zone; here the server's time zone is UTC.

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::sync::Once;

use rusqlite::ffi;

/// The name of the VFS that connections are opened with.
pub(super) const VFS: &CStr = c"replication-lab";

/// Julian day 0 to the Unix epoch, in milliseconds.
const EPOCH_JULIAN_MS: i64 = 210_866_760_000_000;

thread_local! {
    /// The time that SQLite sees on this thread, in microseconds since the Unix epoch.
    static NOW_US: Cell<i64> = const { Cell::new(0) };
    /// The server's own clock, which differs from that while a replica executes what its source executed earlier.
    static SYSTEM_US: Cell<i64> = const { Cell::new(0) };
}

/// Sets the time that SQLite sees on this thread, in microseconds since the Unix epoch.
pub(super) fn set_now(now_us: i64) {
    NOW_US.set(now_us);
    SYSTEM_US.set(now_us);
}

/// Sets the time that statements see apart from the server's own clock.
pub(super) fn set_timestamp(timestamp_us: i64) {
    NOW_US.set(timestamp_us);
}

/// The server's own clock.
pub(super) fn system() -> i64 {
    SYSTEM_US.get()
}

/// The time that was set last on this thread.
pub(super) fn now() -> i64 {
    NOW_US.get()
}

/// Registers the VFS, once for the process. Connections to it fail to open where this has failed.
pub(super) fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: `sqlite3_vfs_find` initialises SQLite and gives its default VFS, which lives as long as the
        // process does, as does our leaked copy with other clock functions. `sqlite3_test_control` with these
        // arguments stores a function pointer of the type that SQLite calls it by.
        unsafe {
            let original = ffi::sqlite3_vfs_find(std::ptr::null());
            if original.is_null() {
                return;
            }
            let mut vfs = Box::new(*original);
            vfs.iVersion = vfs.iVersion.max(2);
            vfs.zName = VFS.as_ptr();
            vfs.pNext = std::ptr::null_mut();
            vfs.xCurrentTime = Some(current_time);
            vfs.xCurrentTimeInt64 = Some(current_time_ms);
            ffi::sqlite3_vfs_register(Box::into_raw(vfs), 0);
            let as_utc: unsafe extern "C" fn(*const c_void, *mut c_void) -> c_int = local_time;
            ffi::sqlite3_test_control(ffi::SQLITE_TESTCTRL_LOCALTIME_FAULT, 2 as c_int, as_utc);
        }
    });
}

unsafe extern "C" fn current_time_ms(_: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    let now_ms = NOW_US.get().div_euclid(1000);
    // SAFETY: SQLite passes a valid place for the answer.
    unsafe { *out = EPOCH_JULIAN_MS.saturating_add(now_ms) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    let now_ms = EPOCH_JULIAN_MS.saturating_add(NOW_US.get().div_euclid(1000));
    #[expect(clippy::cast_precision_loss, reason = "the interface is a double of days")]
    let days = now_ms as f64 / 86_400_000.0;
    // SAFETY: SQLite passes a valid place for the answer.
    unsafe { *out = days };
    ffi::SQLITE_OK
}

/// `localtime_r` for UTC. Of `struct tm` SQLite reads the first six numbers only (second, minute, hour, day,
/// month from 0, year from 1900), which every C library has in this order.
unsafe extern "C" fn local_time(seconds: *const c_void, out: *mut c_void) -> c_int {
    // SAFETY: SQLite passes a `time_t` (64 bits on every target we build for) and a `struct tm`.
    let (seconds, out) = unsafe { (*seconds.cast::<i64>(), std::slice::from_raw_parts_mut(out.cast::<c_int>(), 6)) };
    let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let fields = [
        second_of_day % 60,
        second_of_day / 60 % 60,
        second_of_day / 3600,
        day,
        month.saturating_sub(1),
        year.saturating_sub(1900),
    ];
    for (place, field) in out.iter_mut().zip(fields) {
        match c_int::try_from(field) {
            Ok(field) => *place = field,
            Err(_) => return 1,
        }
    }
    0
}

/// Year, month (1 to 12) and day (1 to 31) of a day counted from 1970-01-01, in the proleptic Gregorian calendar
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
#[must_use]
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era.saturating_add(era.saturating_mul(400)).saturating_add(i64::from(month <= 2));
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::civil_from_days;

    #[test]
    fn knows_the_calendar() {
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(civil_from_days(-1), (1969, 12, 31));
        assert_eq!(civil_from_days(19_782), (2024, 2, 29));
        assert_eq!(civil_from_days(20_788), (2026, 12, 1));
        assert_eq!(civil_from_days(i64::MAX / 86_400).1, 12);
    }
}
