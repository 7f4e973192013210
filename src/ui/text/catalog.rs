//! One language's texts.

use crate::order::{Arrange, OrderedMap};
use std::fmt::Display;

use thiserror::Error;

/// What is wrong with a file of texts.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}: {what}")]
pub struct CatalogError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// Texts by key. The format of a file of texts:
///
/// ```text
/// # a comment
/// [area]
/// name = The text of the key `area.name`, which may go on
///   in the next line if that is indented.
/// lost = {n} {n:write|writes} lost on {server}
/// ```
///
/// `{server}` is replaced by what the page knows under that name. `{n:one|other}` becomes its first half where `n` is 1,
/// and its second half otherwise. A line break is `\n`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    entries: OrderedMap<String, String>,
}

impl Catalog {
    /// Reads a file of texts.
    ///
    /// # Errors
    /// A line that is none of the above, a key that is there twice.
    pub fn parse(source: &str) -> Result<Catalog, CatalogError> {
        let mut catalog = Catalog::default();
        let mut area = "";
        let mut open: Option<(String, String)> = None;
        for (index, line) in source.lines().enumerate() {
            let fail = |what: String| CatalogError { line: index + 1, what };
            let trimmed = line.trim();
            if trimmed.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with([' ', '\t']) {
                let (_, text) = open.as_mut().ok_or_else(|| fail("this line continues no text".to_owned()))?;
                text.push(' ');
                text.push_str(trimmed);
                continue;
            }
            catalog.close(open.take()).map_err(|key| fail(format!("`{key}`, above this line, is there twice")))?;
            if let Some(name) = trimmed.strip_prefix('[') {
                area = name.strip_suffix(']').ok_or_else(|| fail("an area ends with `]`".to_owned()))?;
                continue;
            }
            let (name, text) =
                trimmed.split_once('=').ok_or_else(|| fail("a line is `name = text` or `[area]`".to_owned()))?;
            open = Some((format!("{area}.{}", name.trim_end()), text.trim_start().to_owned()));
        }
        let end = source.lines().count();
        catalog.close(open).map_err(|key| CatalogError { line: end, what: format!("`{key}` is there twice") })?;
        Ok(catalog)
    }

    fn close(&mut self, open: Option<(String, String)>) -> Result<(), String> {
        let Some((key, text)) = open else { return Ok(()) };
        match self.entries.insert(key.clone(), text.replace("\\n", "\n")) {
            None => Ok(()),
            Some(_) => Err(key),
        }
    }

    /// The text of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// All keys and texts, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }
}

/// A text with its placeholders filled. A placeholder that nothing is known for stays as it is.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        let Some(end) = from.find('}') else {
            rest = from;
            break;
        };
        let (whole, after) = from.split_at(end + 1);
        let inner = whole.trim_start_matches('{').trim_end_matches('}');
        let (name, forms) = inner.split_once(':').map_or((inner, None), |(name, forms)| (name, Some(forms)));
        match (values.iter().find(|(known, _)| *known == name), forms) {
            (None, _) => filled.push_str(whole),
            (Some((_, value)), None) => filled.push_str(&value.to_string()),
            (Some((_, value)), Some(forms)) => {
                let (one, other) = forms.split_once('|').unwrap_or((forms, forms));
                filled.push_str(if value.to_string() == "1" { one } else { other });
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The names in a text's placeholders, each once.
#[must_use]
pub fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(inner, _)| inner.split_once(':').map_or(inner, |(name, _)| name))
        .collect();
    names.arrange();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_areas_comments_and_further_lines() {
        let catalog = Catalog::parse("# about\n[a]\none = first\n  line\n\n[b]\none = x = y\\nz\n").unwrap();
        assert_eq!(catalog.get("a.one"), Some("first line"));
        assert_eq!(catalog.get("b.one"), Some("x = y\nz"));
        assert_eq!(catalog.get("a.two"), None);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let line = |source| Catalog::parse(source).unwrap_err().line;
        assert_eq!(line("[a]\nnothing"), 2);
        assert_eq!(line("  goes on"), 1);
        assert_eq!(line("[a]\none = 1\none = 2\n"), 3);
    }

    #[test]
    fn placeholders_are_filled_with_the_right_number() {
        let text = "{n} {n:write|writes} lost on {who}, {x}";
        assert_eq!(fill(text, &[("n", &1), ("who", &"db1")]), "1 write lost on db1, {x}");
        assert_eq!(fill(text, &[("n", &2), ("who", &"db1")]), "2 writes lost on db1, {x}");
        assert_eq!(fill("{ never closed", &[("n", &1)]), "{ never closed");
        assert_eq!(fill("{who}", &[("who", &"{n}"), ("n", &1)]), "{n}");
        assert_eq!(placeholders(text), ["n", "who", "x"]);
    }
}
