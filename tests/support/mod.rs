//! Help shared by test files.

pub mod sqlite_options;
