//! Lines of a text, found by positions in it.

/// Where the lines of a text begin.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub fn of(text: &str) -> Lines {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(after).collect() }
    }

    /// The line of a position, counted from 1.
    pub fn at(&self, position: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= position)).unwrap_or(u32::MAX)
    }
}
