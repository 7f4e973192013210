//! Markdown: what of it is HTML.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser};

/// The document with everything but its HTML blanked out, byte for byte, and where HTML was kept. Fenced code, code in
/// the text and the marks of quotations and lists are no HTML.
pub(super) fn blanked(text: &str) -> (String, Vec<Range<usize>>) {
    let mut blanked: Vec<u8> =
        text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }).collect();
    let mut kept = Vec::new();
    let mut keep = |range: Range<usize>| {
        if let (Some(to), Some(from)) = (blanked.get_mut(range.clone()), text.as_bytes().get(range.clone())) {
            to.copy_from_slice(from);
            kept.push(range);
        }
    };
    for (event, range) in Parser::new_ext(text, Options::all()).into_offset_iter() {
        match event {
            Event::Html(_) => keep(range),
            Event::InlineHtml(html) => {
                for line in without_marks(text, &html, range) {
                    keep(line);
                }
            }
            _ => {}
        }
    }
    // Whole pieces of the text and blanks are text again.
    (String::from_utf8(blanked).unwrap_or_default(), kept)
}

/// HTML over several lines of a quotation or list has their marks between: here are its lines without.
fn without_marks(text: &str, html: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let piece = text.get(range.clone()).unwrap_or_default();
    let mut start = range.start;
    let mut ranges = Vec::new();
    for (line, own) in piece.split_inclusive('\n').zip(html.split_inclusive('\n')) {
        let content = line.trim_end_matches(['\r', '\n']);
        let mark = content.strip_suffix(own.trim_end_matches(['\r', '\n'])).map_or(0, str::len);
        ranges.push(start + mark..start + line.len());
        start += line.len();
    }
    ranges
}

/// Whether a script's text is a JavaScript template, as only MDX has it.
pub(super) fn has_templates(text: &str) -> bool {
    text.match_indices("<script").any(|(at, _)| {
        let after = text.get(at..).and_then(|rest| rest.split_once('>')).map_or("", |(_, after)| after);
        after.trim_start().strip_prefix('{').is_some_and(|inner| inner.trim_start().starts_with('`'))
    })
}
