//! HTML: elements, by a tokenizer that follows the standard.

use std::ops::Range;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, StartTag, Token, Tokenizer};

use super::lines::Lines;
use super::{Attribute, ELEMENT, Embedding, Inline};

/// What the HTML stands in.
#[derive(Clone, Copy)]
pub(super) enum Host<'a> {
    /// A page of its own.
    Html,
    /// Markdown, of which `kept` is HTML.
    Markdown { text: &'a str, kept: &'a [Range<usize>] },
}

/// Reads one element after the other.
struct Reader<'a> {
    html: &'a str,
    lines: &'a Lines,
    host: Host<'a>,
    found: Vec<Embedding>,
    /// Whether the last one found has not ended.
    is_open: bool,
    /// Where the text of a script inside it begins.
    script: Option<usize>,
}

/// What HTML embeds. Comments, and scripts and text fields of others, embed nothing.
pub(super) fn embedded(html: &str, lines: &Lines, host: Host<'_>) -> Vec<Embedding> {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut reader = Reader { html, lines, host, found: Vec::new(), is_open: false, script: None };
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => reader.start(&tag),
            Token::EndTag(tag) => reader.end(&tag.name, tag.span.start),
            _ => {}
        }
    }
    reader.finish()
}

impl Reader<'_> {
    fn start(&mut self, tag: &StartTag<usize>) {
        let is_ours = tag.name.eq_ignore_ascii_case(ELEMENT.as_bytes());
        if is_ours {
            self.leave_open();
            let embedding = self.element(tag);
            self.found.push(embedding);
            // In Markdown it may be one for MDX, which knows such an end.
            self.is_open = !(tag.self_closing && matches!(self.host, Host::Markdown { .. }));
        } else if self.is_open && &*tag.name == b"script" {
            let kind = tag.attributes.get(b"type".as_slice()).map(|value| text_of(value));
            if kind.is_some_and(|kind| Inline::is_type(&kind)) {
                self.script = Some(tag.span.end);
            }
        }
    }

    fn element(&self, tag: &StartTag<usize>) -> Embedding {
        let attribute = |(name, value): (&HtmlString, &html5gum::Spanned<HtmlString, usize>)| Attribute {
            name: text_of(name).to_lowercase(),
            value: Some(text_of(value)),
            line: self.lines.at(value.span.start),
        };
        let mut attributes: Vec<Attribute> = tag.attributes.iter().map(attribute).collect();
        attributes.sort_by_key(|attribute| attribute.line);
        Embedding { line: self.lines.at(tag.span.start), attributes, ..Embedding::default() }
    }

    fn end(&mut self, name: &[u8], at: usize) {
        if name == b"script" {
            if let Some(start) = self.script.take() {
                self.inline(start..at);
            }
        } else if name.eq_ignore_ascii_case(ELEMENT.as_bytes()) {
            self.is_open = false;
        }
    }

    fn inline(&mut self, range: Range<usize>) {
        let lost = self.first_lost(&range);
        let line = self.lines.at(range.start);
        let text = self.html.get(range).unwrap_or_default().to_owned();
        let Some(embedding) = self.found.last_mut() else { return };
        if let Some(lost) = lost {
            let why = "a blank line ended the HTML, and this is Markdown again: put a blank line before <script …> as well, \
                       and nothing before it on its line";
            embedding.wrong.push((lost, why.to_owned()));
        } else if embedding.inline.is_some() {
            embedding.wrong.push((line, "a second scenario inside the element, which shows the first".to_owned()));
            return;
        }
        embedding.inline = Some(Inline { line, text });
    }

    /// The line of the first text between that Markdown does not take for HTML.
    fn first_lost(&self, range: &Range<usize>) -> Option<u32> {
        let Host::Markdown { text, kept } = self.host else { return None };
        let mut at = range.start;
        let first = kept.partition_point(|piece| piece.end <= range.start);
        let pieces = kept.get(first..).unwrap_or_default().iter().take_while(|piece| piece.start < range.end);
        for piece in pieces.cloned().chain(std::iter::once(range.end..range.end)) {
            let between = text.get(at..piece.start.max(at)).unwrap_or_default();
            // The marks of a quotation are no text.
            if let Some(lost) = between.find(|c: char| !c.is_whitespace() && c != '>') {
                return Some(self.lines.at(at + lost));
            }
            at = at.max(piece.end);
        }
        None
    }

    /// Another one begins, or the document ends, before this one has ended.
    fn leave_open(&mut self) {
        let is_open = std::mem::take(&mut self.is_open);
        let script = self.script.take();
        let Some(embedding) = self.found.last_mut().filter(|_| is_open) else { return };
        let why = match script {
            Some(_) => "the <script> inside is not closed: </script> is missing",
            None => "is not closed, so that what follows on the page is inside of it: </replication-lab> is missing",
        };
        embedding.wrong.push((embedding.line, why.to_owned()));
    }

    fn finish(mut self) -> Vec<Embedding> {
        self.leave_open();
        self.found
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
