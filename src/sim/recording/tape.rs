//! The trace, as far as it is kept: what was dropped is played again from a checkpoint.

use crate::engine::trace::TraceEvent;
use crate::order::OrderedMap;

/// Events of one piece; piece `i` has those numbered from `i` times this. As many as fit into 16 kB: no more than other things
/// that come and go, whose places it takes.
const PIECE: u64 = (16 * 1024 / size_of::<TraceEvent>()) as u64;
/// The pieces that are kept: some 130,000 events.
const PIECES: usize = (131_072 / PIECE) as usize;

/// Some events in a row.
#[derive(Debug)]
struct Piece {
    first: u64,
    events: Vec<TraceEvent>,
    used: u64,
}

impl Piece {
    fn room() -> Vec<TraceEvent> {
        Vec::with_capacity(PIECE as usize)
    }
}

/// Parts of the trace of one branch.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pieces: OrderedMap<u64, Piece>,
    uses: u64,
}

impl Tape {
    /// Takes an event, if it is not there already.
    pub fn push(&mut self, event: &TraceEvent) {
        let number = event.number;
        let used = self.uses;
        let piece =
            self.pieces.entry(number / PIECE).or_insert_with(|| Piece { first: number, events: Piece::room(), used });
        let next = piece.first + piece.events.len() as u64;
        if number == next {
            piece.events.push(event.clone());
        } else if number < piece.first || number > next {
            let mut events = Piece::room();
            events.push(event.clone());
            *piece = Piece { first: number, events, used };
        }
        if self.pieces.len() > PIECES {
            self.drop_one(number / PIECE);
        }
    }

    /// Drops the piece that nobody has asked for the longest, but for one.
    fn drop_one(&mut self, but: u64) {
        let oldest =
            self.pieces.iter().filter(|(index, _)| **index != but).min_by_key(|(index, piece)| (piece.used, **index));
        if let Some(index) = oldest.map(|(index, _)| *index) {
            self.pieces.remove(&index);
        }
    }

    /// The events that are there from this number on, without a gap, up to the end of a piece.
    pub fn from(&mut self, number: u64) -> &[TraceEvent] {
        self.uses += 1;
        let used = self.uses;
        match self.pieces.get_mut(&(number / PIECE)) {
            Some(piece) if piece.first <= number => {
                piece.used = used;
                piece.events.get((number - piece.first) as usize..).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Forgets everything from this number on.
    pub fn truncate(&mut self, number: u64) {
        self.pieces.retain(|_, piece| piece.first < number);
        if let Some(piece) = self.pieces.get_mut(&(number / PIECE)) {
            piece.events.truncate((number - piece.first) as usize);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.pieces.clear();
    }
}
