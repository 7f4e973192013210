//! Scenarios that documents embed: Markdown, MDX and HTML, read as a browser or a generator of pages would read them.
//!
//! What is no element is blanked out, byte for byte (`markdown`), so that a tokenizer of HTML (`html`) reads what is
//! left and its positions are those of the document. MDX is no HTML, and has a reader of its own (`mdx`, `jsx`).

mod embedding;
mod html;
mod jsx;
mod lines;
mod markdown;
mod mdx;

use std::fs;
use std::path::Path;

use super::output::Failure;

pub(super) use embedding::{Attribute, Embedding, Inline};
use lines::Lines;

/// The element, as HTML has it.
const ELEMENT: &str = "replication-lab";
/// The element, as a component around it is called.
const COMPONENT: &str = "ReplicationLab";
/// A longer document is not read.
const MOST: usize = 1 << 24;

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Markdown,
    Mdx,
    Html,
}

impl Kind {
    /// How the file of this name is written; none where it is no document.
    pub fn of(path: &Path) -> Option<Kind> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "md" | "markdown" => Some(Kind::Markdown),
            "mdx" => Some(Kind::Mdx),
            "html" | "htm" | "xhtml" => Some(Kind::Html),
            _ => None,
        }
    }
}

/// What a document embeds, in the order of the text.
///
/// # Errors
/// When it cannot be read, or cannot be told what it embeds. A document that does not name the element is not looked at.
pub(super) fn read(path: &Path, kind: Kind) -> Result<Vec<Embedding>, Failure> {
    let origin = path.display();
    let bytes = fs::read(path).map_err(|error| Failure::Other(format!("{origin}: {error}")))?;
    if !mentions(&bytes) {
        return Ok(Vec::new());
    }
    if bytes.len() > MOST {
        return Err(Failure::Other(format!("{origin}: is longer than {} MB", MOST >> 20)));
    }
    match str::from_utf8(&bytes) {
        Ok(text) => embedded(text, kind).map_err(|(line, why)| Failure::Other(format!("{origin}:{line}: {why}"))),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Failure::Other(format!("{origin}:{line}: is not UTF-8 text")))
        }
    }
}

/// What a text embeds; or the line of what cannot be read, and why.
fn embedded(text: &str, kind: Kind) -> Result<Vec<Embedding>, (u32, String)> {
    let lines = Lines::of(text);
    match kind {
        Kind::Html => Ok(html::embedded(text, &lines, html::Host::Html)),
        Kind::Markdown => {
            let (blanked, kept) = markdown::blanked(text);
            // Some generators read MDX in files that are called Markdown. Only there a script's text is a template.
            if markdown::has_templates(&blanked) {
                return mdx::embedded(text);
            }
            Ok(html::embedded(&blanked, &lines, html::Host::Markdown { text, kept: &kept }))
        }
        Kind::Mdx => mdx::embedded(text),
    }
}

/// Whether the element is named at all, so that most documents need not be read.
fn mentions(bytes: &[u8]) -> bool {
    let is_at = |name: &str| bytes.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name.as_bytes()));
    is_at(ELEMENT) || is_at(COMPONENT)
}

#[cfg(test)]
mod tests;
