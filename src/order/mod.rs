//! Ordered collections and sorting for many types at little size.
//!
//! A `BTreeMap` is 8 to 10 kB of WebAssembly for each pair of types, a sort 6 kB; the laboratory has dozens of both, and
//! its maps are small or grow at their end: servers, sessions, what waits in the order of the log. So a map is a sorted
//! row of pairs, and everything is sorted by the same code. What is large and grows in its middle does not belong here.

mod chunks;
mod map;
mod set;
mod sort;

pub use chunks::{Chunks, make_mut};
pub use map::{Entry, OrderedMap, Vacant};
pub use set::OrderedSet;
pub use sort::Arrange;
