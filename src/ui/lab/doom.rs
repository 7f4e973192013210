//! Ends of the program, for tests of what a page does then.

use std::hint::black_box;

/// An end that a test asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doom {
    /// A panic, which has words.
    Panic,
    /// The stack is full: a trap without a word.
    Stack,
    /// So is the memory.
    Memory,
}

impl Doom {
    /// The end of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Doom> {
        Some(match name {
            "panic" => Doom::Panic,
            "stack" => Doom::Stack,
            "memory" => Doom::Memory,
            _ => return None,
        })
    }

    /// Ends the program.
    pub fn come(self) {
        match self {
            Doom::Panic => panic!("a test asked for a panic"),
            Doom::Stack => drop(black_box(fall(0))),
            Doom::Memory => loop {
                std::mem::forget(black_box(Vec::<u8>::with_capacity(1 << 26)));
            },
        }
    }
}

/// Calls itself for as long as there is stack.
fn fall(depth: u64) -> u64 {
    let kept = black_box([depth; 16]);
    if black_box(depth) == u64::MAX { 0 } else { fall(depth + 1).wrapping_add(black_box(kept)[0]) }
}
