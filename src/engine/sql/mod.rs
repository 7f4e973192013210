//! SQL text, looked at before a database sees it: into statements, by kind, and into SQLite's dialect.
//!
//! Servers and the proxy share it. It does not parse SQL: it reads tokens, and decides by keywords at their
//! places. Where that leaves a doubt, a statement counts as one that writes.

mod admin;
mod beside;
mod classify;
mod dialect;
mod lexer;
mod rewrite;
mod sequence;
mod set;
mod slot_call;
mod split;
pub mod system;
mod temporary;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod unsafe_statement;
mod user_variable;
mod wait_for;

pub use admin::Admin;
pub use beside::{may_call_beside, mentions, with_tables};
pub use classify::{Kind, Statement, Verb, classify};
pub use lexer::{Lexer, Token, TokenKind};
pub use sequence::{SequenceDdl, sequence_ddl};
pub use set::{Scope, SetStatement};
pub use slot_call::{SlotCall, slot_call};
pub use split::split;
pub use temporary::{TemporaryDdl, has_name, is_temporary_ddl, temporary_ddl};
pub use unsafe_statement::{calls, unsafe_reason};
pub use user_variable::{filled, may_mention, select_into, set_variables};
pub use wait_for::{Target, WaitFor, WaitMode, wait_for};

use crate::engine::flavor::Flavor;

/// The first token of a text that is not blank or comment.
#[must_use]
pub fn first_token(text: &str, flavor: Flavor) -> Option<Token<'_>> {
    Lexer::new(text, flavor).next()
}
