//! Checksums of logical content: equal for equal rows and schemas, whatever way they came about and whatever
//! machine computes them.
//!
//! A row's hash covers its table's name and its stored columns. A database's is the wrapping sum of its rows'
//! hashes, so that inserting and deleting adjust it, in any order, and equal rows count as often as they occur.
//! It tells accidents apart and not adversaries.

use super::statement::Content;

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes one row, value after value.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowHasher(u64);

impl RowHasher {
    /// Begins a row; the seed is the table's.
    pub(super) fn new(seed: u64) -> RowHasher {
        RowHasher(seed)
    }

    /// Takes one value in.
    pub(super) fn value(&mut self, content: Content<'_>) {
        match content {
            Content::Null => self.word(0),
            Content::Integer(number) => {
                self.word(1);
                self.word(number.cast_unsigned());
            }
            Content::Real(number) => {
                self.word(2);
                // SQLite may store -0.0 as the integer 0 of a REAL column, so the two zeros count as one.
                self.word(if number == 0.0 { 0 } else { number.to_bits() });
            }
            Content::Text(bytes) => self.bytes(3, bytes),
            Content::Blob(bytes) => self.bytes(4, bytes),
        }
    }

    /// Takes bytes in, under a tag that says what they are.
    pub(super) fn bytes(&mut self, tag: u64, bytes: &[u8]) {
        self.word(tag | (bytes.len() as u64) << 3);
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.word(u64::from_le_bytes(*chunk));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            for (place, byte) in last.iter_mut().zip(rest) {
                *place = *byte;
            }
            self.word(u64::from_le_bytes(last));
        }
    }

    /// Each step is a bijection of the state for a given word, and of the word for a given state.
    fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(MULTIPLIER);
        self.0 = mixed ^ (mixed >> 29);
    }

    /// The row's hash (with the finishing steps of SplitMix64).
    pub(super) fn finish(self) -> u64 {
        let mut hash = self.0.wrapping_add(MULTIPLIER);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }
}

/// The seed of a table's rows.
pub(super) fn table_seed(name: &str) -> u64 {
    let mut hasher = RowHasher::new(0);
    hasher.bytes(3, name.as_bytes());
    hasher.finish()
}
