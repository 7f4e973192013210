//! The log as files of one size.

use super::Lsn;

/// How a log is cut into files (`wal_segment_size`). A file is numbered by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    size_bytes: u64,
}

impl Segments {
    /// Files of this size.
    #[must_use]
    pub fn new(size_bytes: u64) -> Segments {
        Segments { size_bytes: size_bytes.max(1) }
    }

    /// The number of the file that holds the byte at `at`.
    #[must_use]
    pub fn number(self, at: Lsn) -> u64 {
        at.0 / self.size_bytes
    }

    /// The first byte of a file.
    #[must_use]
    pub fn start(self, number: u64) -> Lsn {
        Lsn(number.saturating_mul(self.size_bytes))
    }

    /// How many whole files make up this many bytes: PostgreSQL's `ConvertToXSegs`.
    #[must_use]
    pub fn count(self, bytes: u64) -> u64 {
        bytes / self.size_bytes
    }

    /// How many files it takes to hold the log from `from` up to `to`.
    #[must_use]
    pub fn spanned(self, from: Lsn, to: Lsn) -> u64 {
        let last = Lsn(to.0.saturating_sub(1).max(from.0));
        self.number(last) - self.number(from) + 1
    }

    /// The size of a file.
    #[must_use]
    pub fn size_bytes(self) -> u64 {
        self.size_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_whole() {
        let segments = Segments::new(100);
        assert_eq!(segments.spanned(Lsn(100), Lsn(100)), 1);
        assert_eq!(segments.spanned(Lsn(100), Lsn(200)), 1);
        assert_eq!(segments.spanned(Lsn(199), Lsn(201)), 2);
        assert_eq!(segments.count(299), 2);
    }
}
