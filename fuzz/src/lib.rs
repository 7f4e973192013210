//! What hostile input is given to, and what must be true of whatever comes back. `tests/hostile.rs` runs the same on every
//! build, with the inputs that are kept in `corpus/` and small changes of them.

// The checks are the same whether libFuzzer or `tests/hostile.rs` runs them, so that they are in a file of their own.
include!("targets.rs");
