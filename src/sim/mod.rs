//! The world around the engine.

pub mod command;
pub mod setup;
pub mod view;
