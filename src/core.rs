//! The core of Replication Lab: what runs while virtual time passes.
//!
//! It is a package of its own so that it can be compiled for speed where the rest is compiled for size, and since nothing
//! in it may know the rest, which the compiler now sees to. Its rooms are known to all others as parts of
//! `replication_lab`, beside which they lie in `src/`.

pub mod check;
pub mod engine;
pub mod order;
pub mod sim;
