//! The page's texts, apart from the code: `www/text/LANGUAGE.txt`, read through [`t!`](crate::t).
//!
//! English is part of the program, so that there always is a text; another language is loaded when it is wanted.
//! `tests/text.rs` holds the code and all languages against each other.

mod catalog;
mod language;

use std::cell::Cell;
use std::fmt::Display;
use std::sync::OnceLock;

pub use catalog::{Catalog, CatalogError, fill, placeholders};
pub use language::Language;

/// English, as it lies in the repository.
pub const ENGLISH: &str = include_str!("../../../www/text/en.txt");

thread_local! {
    static OTHER: Cell<Option<&'static Catalog>> = const { Cell::new(None) };
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::English) };
}

fn english() -> &'static Catalog {
    static PARSED: OnceLock<Catalog> = OnceLock::new();
    PARSED.get_or_init(|| Catalog::parse(ENGLISH).unwrap_or_default())
}

/// Speaks another language from now on; what it lacks is said in English. A page keeps what it has loaded.
///
/// # Errors
/// What is wrong with the file, and where; the language stays as it was.
pub fn speak(language: Language, source: &str) -> Result<(), CatalogError> {
    let catalog = Catalog::parse(source)?;
    LANGUAGE.set(language);
    OTHER.set(Some(Box::leak(Box::new(catalog))));
    Ok(())
}

/// Speaks English from now on.
pub fn speak_english() {
    LANGUAGE.set(Language::English);
    OTHER.set(None);
}

/// The language that is spoken now.
#[must_use]
pub fn language() -> Language {
    LANGUAGE.get()
}

/// The text of a key, if there is one: for keys that are put together. Everything else is said by [`t!`](crate::t).
#[must_use]
pub fn find(key: &str) -> Option<&'static str> {
    OTHER.get().and_then(|other| other.get(key)).or_else(|| english().get(key))
}

/// A reason that the engine gives, which is English: in the other language where that has it under `engine.` and the words
/// themselves.
#[must_use]
pub fn said(words: &str) -> &str {
    OTHER.get().and_then(|other| other.get(&format!("engine.{words}"))).unwrap_or(words)
}

/// The title of a scenario, which the file has in English: in the other language where that has it under `scenario.` and
/// the title itself.
#[must_use]
pub fn titled(title: &str) -> &str {
    OTHER.get().and_then(|other| other.get(&format!("scenario.{title}"))).unwrap_or(title)
}

/// The text of a key; of an unknown one, the key.
#[must_use]
pub fn plain(key: &'static str) -> &'static str {
    find(key).unwrap_or(key)
}

/// The text of a key with its placeholders filled.
#[must_use]
pub fn filled(key: &'static str, values: &[(&str, &dyn Display)]) -> String {
    fill(plain(key), values)
}

/// A text of the page: `t!("header.help")`, a `&'static str`, or `t!("tally.lost", n = lost)`, a `String`.
#[macro_export]
macro_rules! t {
    ($key:literal) => {
        $crate::ui::text::plain($key)
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::ui::text::filled($key, &[$((stringify!($name), &$value as &dyn std::fmt::Display)),+])
    };
}
